import type { RedisClient, RedisConnection } from '../redis/connect.ts';

const lookedAtOnce = 1_000;

/** Deletes the keys that begin so, on every node; a few at a time, so that others are served in between. */
export async function deleteBelow(run: RedisConnection['run'], prefix: string): Promise<void> {
  const pattern = `${prefix.replaceAll(/[*?[\]\\]/gu, String.raw`\$&`)}*`;
  const nodes = await run((client) => Promise.resolve(nodesOf(client)));
  for (const at of nodes.keys()) {
    let cursor = '0';
    do {
      const step = cursor;
      // The nodes are asked for anew: one may have been replaced.
      const [next, keys] = await run((client) => scan(nodesOf(client)[at], step, pattern));
      for (const key of keys) await run((client) => client.del(key));
      cursor = next;
    } while (cursor !== '0');
  }
}

function nodesOf(client: RedisClient): readonly Node[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}

interface Node {
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', most: number): Promise<[string, string[]]>;
}

function scan(node: Node | undefined, cursor: string, pattern: string): Promise<[string, readonly string[]]> {
  return node === undefined ? Promise.resolve(['0', []]) : node.scan(cursor, 'MATCH', pattern, 'COUNT', lookedAtOnce);
}
