import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';
import { openRedisBell } from '../bell/redis.ts';
import { noRedisServer, redisServers } from '../redis/server.fixture.ts';
import { createCache } from './cache.ts';
import { openMemoryKeyValue } from './memory.ts';
import type { KeyValue } from './port.ts';
import { createRateLimit } from './rate-limit.ts';
import { openRedisKeyValue } from './redis.ts';

const telemetry = silentTelemetry;
const reads = 5_000;
const parallel = 64;
const value = {
  tools: Array.from({ length: 20 }, (_each, at) => ({ name: `tool_${String(at)}`, text: 'x'.repeat(80) })),
};

/** How long a read takes from each level of a cache, one at a time, and how many checks of four limits go through in a second. */
export async function run(): Promise<Record<string, number | string>> {
  const memory = openMemoryKeyValue();
  const figures = { 'checks of 4 limits per second, in memory': await checksPerSecond(memory, 1) };
  if (noRedisServer !== undefined) return { ...figures, redis: noRedisServer };
  const servers = redisServers();
  try {
    const { port } = await servers.start();
    const address = { url: `redis://127.0.0.1:${String(port)}`, log: telemetry.log };
    const keyvalue = openRedisKeyValue(address);
    const bell = openRedisBell(address);
    try {
      return { ...figures, ...(await onRedis(keyvalue, bell)) };
    } finally {
      await Promise.all([keyvalue.close(), bell.close()]);
    }
  } finally {
    await servers.stop();
  }
}

async function onRedis(keyvalue: KeyValue, bell: Bell): Promise<Record<string, number>> {
  const tenant = randomUUID();
  const open = (nearSeconds: number) =>
    createCache({ name: 'bench', keyvalue, bell, telemetry, ttlSeconds: 600, nearSeconds, decode: (stored) => stored });
  const [near, far] = [open(600), open(0)];
  const load = () => Promise.resolve(value);
  await near.read(tenant, 'key', load);
  const levels = {
    ...figuresOf('L1 read', await durations(() => near.read(tenant, 'key', load))),
    ...figuresOf('L2 read', await durations(() => far.read(tenant, 'key', load))),
  };
  await Promise.all([near.close(), far.close()]);
  return {
    ...levels,
    'checks of 4 limits per second, on Redis, one at a time': await checksPerSecond(keyvalue, 1),
    'checks of 4 limits per second, on Redis, 64 at once': await checksPerSecond(keyvalue, parallel),
  };
}

async function durations(work: () => Promise<unknown>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let at = 0; at < reads; at += 1) {
    const startedAt = performance.now();
    await work();
    all.push(performance.now() - startedAt);
  }
  return all.toSorted((one, other) => one - other);
}

function figuresOf(what: string, sorted: readonly number[]): Record<string, number> {
  const at = (share: number): number => rounded(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { [`${what} p50 milliseconds`]: at(0.5), [`${what} p99 milliseconds`]: at(0.99) };
}

async function checksPerSecond(keyvalue: KeyValue, width: number): Promise<number> {
  const limits = createRateLimit({ keyvalue, name: 'bench', telemetry, whenAway: 'refuse' });
  const tenant = randomUUID();
  const together = ['tenant', 'agent', 'capability', 'tool'].map((policy) => ({
    policy,
    key: 'a',
    limit: 10_000_000,
    windowSeconds: 60,
  }));
  const startedAt = performance.now();
  const lanes = Array.from({ length: width }, async () => {
    for (let at = 0; at < reads / width; at += 1) await limits.checkAll(tenant, together);
  });
  await Promise.all(lanes);
  return Math.round(reads / ((performance.now() - startedAt) / 1000));
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10_000) / 10_000;
}
