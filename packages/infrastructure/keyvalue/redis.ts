import { MeshError } from '@devmesh/foundation';
import { connectRedis, isReply, type RedisAddress, type RedisClient } from '../redis/connect.ts';
import { deleteBelow } from './redis-scan.ts';
import { script } from '../redis/script.ts';
import type { Allowance, KeyValue } from './port.ts';
import { describeAnswer, takeOnRedis } from './redis-take.ts';

interface RedisKeyValueOptions extends RedisAddress {
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

/** A list is a sorted set by the end of each member, by the server's clock; it ends with its last member. */
const enlistScript = script(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ttl, maximum = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), ARGV[1])
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ttl) end
local over, dropped = redis.call('ZCARD', KEYS[1]) - maximum, {}
if over <= 0 then return dropped end
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, over)) do
  if member ~= ARGV[1] and #dropped < over then
    redis.call('ZREM', KEYS[1], member)
    dropped[#dropped + 1] = member
  end
end
return dropped
`);

const listedScript = script(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return redis.call('ZRANGE', KEYS[1], '(' .. string.format('%.0f', now), '+inf', 'BYSCORE', 'WITHSCORES')
`);

/** Key-values on Redis, exact across processes. */
export function openRedisKeyValue(options: RedisKeyValueOptions): KeyValue {
  const connection = connectRedis(options, { name: 'keyvalue' });
  const run = <Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> => connection.run(work);
  const at = (key: string): string => `${options.prefix ?? 'devmesh:'}${key}`;
  const allowances = async (scope: string, wanted: readonly Allowance[], step: 'take' | 'look') => {
    // The braces keep the keys of a scope on one node of a cluster.
    const keys = wanted.map(({ key }) => at(`{${scope}}:${key}`));
    return describeAnswer(await run((client) => takeOnRedis(client, keys, wanted, step)), wanted);
  };
  return {
    shared: true,
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
    takeAll: (scope, wanted) => allowances(scope, wanted, 'take'),
    lookAll: (scope, wanted) => allowances(scope, wanted, 'look'),
    enlist: async (list, member, { ttlSeconds, maximum }) => {
      const values = [member, milliseconds(ttlSeconds), maximum];
      return (await run((client) => enlistScript(client, [at(list)], values))) as readonly string[];
    },
    delist: async (list, member) => (await run((client) => client.zrem(at(list), member))) === 1,
    listed: async (list) => {
      const flat = (await run((client) => listedScript(client, [at(list)], []))) as readonly string[];
      return flat.flatMap((member, place) => (place % 2 === 0 ? [{ member, endsAt: Number(flat[place + 1]) }] : []));
    },
    deleteTenant: async (tenantId) => {
      for (const prefix of [at(`${tenantId}:`), at(`{${tenantId}}:`)]) await deleteBelow(run, prefix);
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
