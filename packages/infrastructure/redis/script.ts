import { createHash } from 'node:crypto';
import type { RedisClient } from './client.ts';
import { isReply } from './failures.ts';

/** A Lua script that Redis runs atomically. */
export type Script = (
  client: RedisClient,
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<unknown>;

/** Makes a script that is sent by its digest, and in full only to a server that does not know it yet. */
export function script(lua: string): Script {
  const digest = createHash('sha1').update(lua).digest('hex');
  return async (client, keys, values) => {
    try {
      return await client.evalsha(digest, keys.length, ...keys, ...values);
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.eval(lua, keys.length, ...keys, ...values);
    }
  };
}
