import { MeshError, type Logger } from '@devmesh/foundation';
import type { RedisClient } from '../redis/connect.ts';
import { connectRedis, isReply } from '../redis/connect.ts';
import { script } from '../redis/script.ts';
import { describe } from './allowance.ts';
import type { KeyValue } from './port.ts';

interface RedisKeyValueOptions {
  readonly url: string;
  readonly log: Logger;
  /** Stands before every key, so that several installations can share one Redis. */
  readonly prefix?: string;
}

const replaceScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`);

const deleteScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);

const incrementScript = script(`
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value
`);

/** takeAllowance of allowance.ts in microseconds of the server's clock, so that processes with different clocks agree. */
const takeScript = script(`
local each, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local start = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if start + each - now > window then return { 0, string.format('%.0f', start - now) } end
redis.call('SET', KEYS[1], string.format('%.0f', start + each), 'PX', math.ceil((start + each - now) / 1000))
return { 1, string.format('%.0f', start + each - now) }
`);

/** Key-values on Redis, exact across processes. */
export function openRedisKeyValue(options: RedisKeyValueOptions): KeyValue {
  const connection = connectRedis(options, { name: 'keyvalue' });
  const run = <Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> => connection.run(work);
  const at = (key: string): string => `${options.prefix ?? 'devmesh:'}${key}`;
  return {
    get: async (key) => (await run((client) => client.get(at(key)))) ?? undefined,
    set: async (key, value, ttl) => {
      await run((client) => client.set(at(key), value, 'PX', milliseconds(ttl)));
    },
    setIfAbsent: async (key, value, ttl) =>
      (await run((client) => client.set(at(key), value, 'PX', milliseconds(ttl), 'NX'))) === 'OK',
    replace: async (key, expected, value, ttl) =>
      (await run((client) => replaceScript(client, [at(key)], [expected, value, milliseconds(ttl)]))) === 1,
    delete: async (key, expected) => {
      if (expected === undefined) return (await run((client) => client.del(at(key)))) === 1;
      return (await run((client) => deleteScript(client, [at(key)], [expected]))) === 1;
    },
    increment: async (key, by, ttl) => {
      const added = run((client) => incrementScript(client, [at(key)], [by, milliseconds(ttl)]));
      return Number(await added.catch(refuseNoCounter));
    },
    take: async (key, limit, windowSeconds) => {
      const window = Math.round(windowSeconds * 1_000_000);
      const each = Math.floor(window / limit);
      const answer = await run((client) => takeScript(client, [at(key)], [each, window]));
      const [allowed, used] = answer as [number, string];
      return describe(allowed === 1, Number(used) / 1000, each / 1000, window / 1000);
    },
    ping: () => connection.ping(),
    close: () => connection.close(),
  };
}

function milliseconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds * 1000));
}

function refuseNoCounter(error: unknown): never {
  if (isReply(error) && error.message.includes('not an integer')) {
    throw new MeshError('invalid_state', 'The value is not a counter.', { cause: error });
  }
  throw error;
}
