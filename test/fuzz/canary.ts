import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectMcp } from '@devmesh/mcp/client';
import { percentile } from '../chaos/percentile.ts';

/** How long a client that does nothing wrong waited for its answers, in milliseconds. */
interface Felt {
  readonly calls: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

interface CanaryOptions {
  readonly url: string;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onReady: () => void;
}

const pauseMilliseconds = 20;

/** Calls a tool of the platform again and again until the signal aborts. */
export async function runCanary({ url, key, signal, onReady }: CanaryOptions): Promise<Felt> {
  const { client, close } = await connectMcp({ url, key, name: 'canary', version: '1' });
  const call = { name: 'devmesh.agent.list', arguments: {} };
  // What is slow the first time only is not what is looked for.
  for (let warm = 0; warm < 20; warm += 1) await client.callTool(call);
  onReady();
  const times: number[] = [];
  let failed = 0;
  while (!signal.aborted) {
    const began = performance.now();
    const right = await client.callTool(call).then(
      ({ isError }) => isError !== true,
      () => false,
    );
    if (!right) failed += 1;
    times.push(performance.now() - began);
    await sleep(pauseMilliseconds);
  }
  await close();
  const at = (percent: number): number => percentile(times, percent);
  return { calls: times.length, failed, p50: at(50), p99: at(99), most: at(100) };
}

/** Starts one in a process of its own; its end tells how it was. */
export async function startCanary(url: string, key: string): Promise<{ stop(): Promise<Felt> }> {
  const program = fileURLToPath(new URL('canary-program.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, url, key], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  const said = text(child.stdout);
  return {
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await said) as Felt;
    },
  };
}
