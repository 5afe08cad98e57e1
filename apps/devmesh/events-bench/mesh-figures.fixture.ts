import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@devmesh/api';
import { featureConfigShape, host, type Hosted } from '@devmesh/features';
import { parseConfig } from '@devmesh/foundation';
import { platformConfigShape } from '@devmesh/infrastructure';
import { createRestApi, type RestApi } from '@devmesh/rest-api';
import { createWorker } from '@devmesh/worker';
import { sql } from 'kysely';
import type { LoadOrder, LoadReport } from './webhook-load.fixture.ts';

/** What a mesh takes in and works off. Times are in milliseconds. */
export interface MeshFigures {
  readonly acceptedPerSecond: number;
  readonly acknowledgeP50: number;
  readonly acknowledgeP99: number;
  readonly workingAcceptedPerSecond: number;
  readonly workingAcknowledgeP50: number;
  readonly workingAcknowledgeP99: number;
  readonly processedPerSecond: number;
  readonly effectP50: number;
  readonly effectP99: number;
}

interface Sizes {
  /** Webhooks that are sent as fast as they are answered. */
  readonly count: number;
  /** Webhooks a second, and how many, while the time to the effect is measured. */
  readonly calmRate: number;
  readonly calmCount: number;
}

const connections = 64;
const warmUp = 500;

/** Measures a mesh of the API and the worker in this process, on the engines of `variables`; the senders are another process. */
export async function measureMesh(variables: Readonly<Record<string, string>>, sizes: Sizes): Promise<MeshFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-events-'));
  const mesh = await startMesh(variables, folder);
  try {
    return await measure(mesh, sizes);
  } finally {
    await mesh.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface BenchMesh extends Hosted {
  readonly api: RestApi;
}

async function startMesh(variables: Readonly<Record<string, string>>, folder: string): Promise<BenchMesh> {
  const environment = { ...variables, DATA_DIR: folder, REGISTRATION: 'open', LOG_LEVEL: 'error' };
  const config = parseConfig({ ...platformConfigShape, ...featureConfigShape }, environment);
  let api: RestApi | undefined;
  const hosted = await host({
    config,
    name: 'bench',
    whole: true,
    choose: (parts) => {
      api = createRestApi({ ...parts, host: '127.0.0.1', port: 0, consoleFolder: folder });
      return [api];
    },
  });
  if (api === undefined) throw new Error('the API was not chosen');
  return { ...hosted, api };
}

async function measure(mesh: BenchMesh, { count, calmRate, calmCount }: Sizes): Promise<MeshFigures> {
  const { tenantId, order } = await openSource(mesh);
  await send({ ...order, count: warmUp });
  const idle = await send({ ...order, count });
  const worker = createWorker({ features: mesh.features });
  const startedAt = performance.now();
  await worker.start();
  try {
    await workedOff(mesh, tenantId);
    const processedPerSecond = (warmUp + count) / ((performance.now() - startedAt) / 1000);
    const working = await send({ ...order, count });
    await workedOff(mesh, tenantId);
    const effects = await timeEffects(mesh, tenantId, { ...order, count: calmCount, rate: calmRate });
    return {
      acceptedPerSecond: idle.accepted / idle.seconds,
      acknowledgeP50: quantile(idle.latencies, 0.5),
      acknowledgeP99: quantile(idle.latencies, 0.99),
      workingAcceptedPerSecond: working.accepted / working.seconds,
      workingAcknowledgeP50: quantile(working.latencies, 0.5),
      workingAcknowledgeP99: quantile(working.latencies, 0.99),
      processedPerSecond,
      effectP50: quantile(effects, 0.5),
      effectP99: quantile(effects, 0.99),
    };
  } finally {
    await worker.stop();
  }
}

/** An organization whose pushes each make a task. */
async function openSource({ api }: BenchMesh): Promise<{ readonly tenantId: string; readonly order: LoadOrder }> {
  const baseUrl = api.address().url;
  const body = { slug: 'bench', name: 'Bench' };
  const { organization, adminKey } = await createClient({ baseUrl }).identity.registerOrganization({ body });
  const { source, secret } = await createClient({ baseUrl, key: adminKey.token }).webhooks.createSource({
    body: {
      name: 'bench',
      kind: 'github',
      requestsPerMinute: 1_000_000,
      rules: [
        { events: ['push'], action: { type: 'task', title: 'Review {repository.full_name}', capability: 'review' } },
      ],
    },
  });
  const order = { url: baseUrl + source.path, secret, connections, count: 0, body: pushBody() };
  return { tenantId: organization.id, order };
}

/** About 3.5 kB, as pushes of a few commits are. */
function pushBody(): string {
  const commits = Array.from({ length: 12 }, (_, index) => ({
    id: String(index).padStart(40, '0'),
    message: 'Say in "quotes" what this commit changes, and why it was worth changing. '.repeat(2),
    author: { name: 'A. Developer', email: 'developer@example.com' },
    added: ['src/inbox.ts'],
    modified: ['src/index.ts', 'README.md'],
  }));
  return JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' }, commits });
}

/** Has another process send webhooks; throws when one was not accepted. */
function send(order: LoadOrder): Promise<LoadReport> {
  const child = fork(new URL('webhook-load.fixture.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  return new Promise((resolve, reject) => {
    child.once('message', (report) => {
      const { accepted, refused } = report as LoadReport;
      if (accepted === order.count) resolve(report as LoadReport);
      else
        reject(
          new Error(`${String(accepted)} of ${String(order.count)} accepted; refused: ${JSON.stringify(refused)}`),
        );
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the senders ended with ${String(code)} before they reported`));
    });
    child.send(order);
  });
}

/** Resolves when no event of the tenant waits. */
async function workedOff({ platform }: BenchMesh, tenantId: string): Promise<void> {
  const waits = (): Promise<boolean> =>
    platform.database.tenant(tenantId, async (tx) => {
      const { rows } = await sql`select from mcp.webhook_events where status = 'received' limit 1`.execute(tx);
      return rows.length > 0;
    });
  while (await waits()) await platform.clock.sleep(25);
}

/** Milliseconds from sending each webhook to reading in the feed that its effect is committed. */
async function timeEffects({ features }: BenchMesh, tenantId: string, order: LoadOrder): Promise<readonly number[]> {
  const stopping = new AbortController();
  const seenAt = new Map<string, number>();
  const after = await features.events.head(tenantId);
  const following = (async () => {
    for await (const event of features.events.follow(tenantId, { after, signal: stopping.signal })) {
      if (event.type === 'webhook.processed') seenAt.set(event.subjectId, performance.timeOrigin + performance.now());
      if (seenAt.size === order.count) return;
    }
  })();
  const { sentAt } = await send(order);
  await following;
  stopping.abort();
  return Object.entries(sentAt).map(([eventId, at]) => (seenAt.get(eventId) ?? Infinity) - at);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
