import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client } from '@devmesh/api';
import { createRandom } from '../chaos/random.ts';
import { register } from '../mesh/mesh.ts';
import { startCanary } from './canary.ts';
import { attackHttp } from './over-http.ts';
import { attackRaw } from './raw-connections.ts';
import { createTally } from './tally.ts';
import { attackWebSocket } from './over-websocket.ts';

/** The mesh that is attacked. */
export interface Target {
  readonly apiUrl: string;
  readonly edgeUrl: string;
  /** Its process, whose memory is looked at; absent: it is not. It throws its garbage away on SIGUSR2. */
  readonly pid?: number | undefined;
}

export interface FuzzSize {
  /** Half of them over `/mcp`, half over `/ws`. */
  readonly messages: number;
  readonly connections: number;
  readonly seed: number;
}

export type Figures = Readonly<Record<string, number>>;

/** Times that garbage is thrown away, a second each: pages go back to the system some time after. */
const collections = 8;

/** Attacks a mesh, first a little so that it is warm, then in full, and measures what a client of another organization feels. */
export async function fuzz(target: Target, size: FuzzSize, signal: AbortSignal): Promise<Figures> {
  const { client } = await register(target);
  const { key: canaryKey } = await register(target);
  await attack(target, client, { size: warmUp(size), signal });
  const before = await heldBy(target.pid);
  const canary = await startCanary(`${target.edgeUrl.replace('http', 'ws')}/ws`, canaryKey);
  const began = performance.now();
  const answers = await attack(target, client, { size, signal });
  const seconds = (performance.now() - began) / 1_000;
  const felt = await canary.stop();
  const health = await fetch(`${target.edgeUrl}/health`);
  const after = await heldBy(target.pid);
  return {
    messages: size.messages,
    connections: size.connections,
    seed: size.seed,
    seconds: Math.round(seconds),
    healthStatus: health.status,
    canaryCalls: felt.calls,
    canaryFailed: felt.failed,
    canaryP50Milliseconds: felt.p50,
    canaryP99Milliseconds: felt.p99,
    canaryMostMilliseconds: felt.most,
    ...(before === undefined || after === undefined
      ? {}
      : { memoryBeforeMegabytes: before, memoryAfterMegabytes: after, memoryGrownMegabytes: after - before }),
    ...answers,
  };
}

function warmUp({ messages, connections, seed }: FuzzSize): FuzzSize {
  return { messages: Math.ceil(messages / 10), connections: Math.ceil(connections / 10), seed: seed + 1 };
}

interface Attacking {
  readonly size: FuzzSize;
  readonly signal: AbortSignal;
}

async function attack(target: Target, client: Client, { size, signal }: Attacking): Promise<Figures> {
  const tally = createTally();
  const half = Math.ceil(size.messages / 2);
  const keys = await createKeys(client, Math.ceil(half / 100) + 24);
  const nextKey = (): string => keys.pop() ?? '';
  const [spare = ''] = keys;
  const common = { nextKey, tally, signal };
  const parts = [1, 2, 3].map((part) => createRandom(size.seed * 10 + part));
  const [http, websocket, raw] = parts as [
    ReturnType<typeof createRandom>,
    ReturnType<typeof createRandom>,
    ReturnType<typeof createRandom>,
  ];
  const ws = `${target.edgeUrl.replace('http', 'ws')}/ws`;
  await Promise.all([
    attackHttp({ ...common, url: `${target.edgeUrl}/mcp`, messages: half, random: http }),
    attackWebSocket({ ...common, url: ws, messages: size.messages - half, random: websocket }),
    attackRaw({ url: target.edgeUrl, key: spare, connections: size.connections, random: raw, tally, signal }),
  ]);
  return tally.figures();
}

async function createKeys(client: Client, count: number): Promise<string[]> {
  const keys: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { token } = await client.identity.createKey({ body: { name: `fuzz ${String(index)}`, type: 'user' } });
    keys.push(token);
  }
  return keys;
}

/** Megabytes that the process has in memory and needs: an idle one leaves garbage where it is. */
async function heldBy(pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  for (let round = 0; round < collections; round += 1) {
    process.kill(pid, 'SIGUSR2');
    await sleep(1_000);
  }
  return memoryOf(pid);
}

/** Megabytes that the process has in memory; undefined where that cannot be read. */
async function memoryOf(pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+)/mu.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1_024);
}
