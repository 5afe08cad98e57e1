import { createClient, type Client } from '@devmesh/api';
import type { MeshConfig } from '../config.ts';
import { startMesh, type Mesh } from '../mesh.ts';
import { createSteps, type Steps } from '../output/steps.ts';
import { paint } from '../output/style.ts';
import { showReport } from './show-report.ts';
import { askAboutCode, callToolAsClient, importTool, registerOrganization } from './main-job.ts';
import { completeTask, prepareAgent, sendWebhook } from './agent-job.ts';

interface DemoOptions {
  readonly config: MeshConfig;
  /** The git repository that is indexed. */
  readonly repository: string;
  /** What the code search is asked. */
  readonly question: string;
}

/** What the steps of the demo hand to each other. */
export interface Demo {
  readonly mesh: Mesh;
  readonly steps: Steps;
  readonly repository: string;
  /** What the code search is asked. */
  readonly question: string;
  /** A client under a key, whose calls belong to the demo's trace. */
  readonly clientOf: (key?: string) => Client;
  /** A client for looking again and again, which would only clutter the trace. */
  readonly watcherOf: (key: string) => Client;
}

const stepCount = 9;

/** Runs the demo on a mesh of its own; rejects with the failure of the first step that fails. */
export async function runDemo({ config, repository, question }: DemoOptions): Promise<void> {
  console.log(`\n${paint('bold', 'Developer Mesh demo')}: the main job, for real, step by step\n`);
  const steps = createSteps(stepCount);
  const mesh = await steps.run('Start all five services in this process', async (say) => {
    const started = await startMesh(config);
    say(`console and API ${started.apiUrl}, MCP ${started.edgeUrl}, mock ${started.mockUrl}`);
    return started;
  });
  try {
    const { tracer } = mesh.platform.telemetry;
    const clientOf = (key?: string): Client =>
      createClient({
        baseUrl: mesh.apiUrl,
        traceparent: () => tracer.traceparent(),
        ...(key === undefined ? {} : { key }),
      });
    const watcherOf = (key: string): Client => createClient({ baseUrl: mesh.apiUrl, key });
    const demo: Demo = { mesh, steps, repository, question, clientOf, watcherOf };
    const done = await tracer.span('demo', {}, async () => runSteps(demo));
    await showReport(demo, done);
    console.log(`\n${paint('green', 'All steps passed.')} Start your own: npm start\n`);
  } finally {
    await mesh.stop();
  }
}

/** What the report at the end is about. */
export interface DemoResult {
  readonly key: string;
  readonly traceIds: readonly string[];
}

async function runSteps(demo: Demo): Promise<DemoResult> {
  const key = await registerOrganization(demo);
  await importTool(demo, key);
  await callToolAsClient(demo, key);
  const agent = await prepareAgent(demo, key);
  try {
    const webhook = await sendWebhook(demo, key);
    await completeTask(demo, { key, agent, taskId: webhook.taskId });
    await askAboutCode(demo, key);
    const own = demo.mesh.platform.telemetry.tracer.traceId();
    return { key, traceIds: [own, webhook.traceId].filter((id) => id !== undefined) };
  } finally {
    await agent.close();
  }
}
