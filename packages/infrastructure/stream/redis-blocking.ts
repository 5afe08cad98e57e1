import type { RedisClient } from '../redis/connect.ts';
import { connectRedis, type RedisAddress, type RedisConnection } from '../redis/connect.ts';
import type { Reader } from './port.ts';

// A wait is cut in slices: a dead server shows within one slice, and an abort that came too early is seen after one.
const slice = 1_000;

interface ReadOptions {
  readonly count: number;
  readonly waitMilliseconds: number;
  readonly signal?: AbortSignal;
}

interface BlockingConnection {
  readonly connection: RedisConnection;
  /** The id by which another connection can wake this one. */
  clientId(): Promise<number>;
}

/** Reads that may wait: each in flight has a connection of its own, because a blocked one serves nothing else. */
export function createBlockingConnections(
  address: RedisAddress,
  shared: RedisConnection,
): { read(key: string, reader: Reader, options: ReadOptions): Promise<readonly unknown[]>; close(): Promise<void> } {
  const all = new Set<BlockingConnection>();
  const idle: BlockingConnection[] = [];
  const open = (): BlockingConnection => {
    const opened = openBlocking(address);
    all.add(opened);
    return opened;
  };
  return {
    read: async (key, reader, options) => {
      if (options.signal?.aborted === true) return [];
      if (options.waitMilliseconds <= 0)
        return shared.run((client) => readOnce(client, key, reader, { count: options.count }));
      const taken = idle.pop() ?? open();
      try {
        return await readWaiting({ taken, shared, key, reader, options });
      } finally {
        idle.push(taken);
      }
    },
    close: async () => {
      await Promise.all([...all].map((each) => each.connection.close()));
    },
  };
}

function openBlocking(address: RedisAddress): BlockingConnection {
  const connection = connectRedis(address, { name: 'stream-reader', blocksFor: slice });
  let id: number | undefined;
  connection.client.on('close', () => {
    id = undefined;
  });
  return {
    connection,
    clientId: async () => (id ??= await connection.run((client) => client.client('ID'))),
  };
}

interface Waiting {
  readonly taken: BlockingConnection;
  readonly shared: RedisConnection;
  readonly key: string;
  readonly reader: Reader;
  readonly options: ReadOptions;
}

async function readWaiting({ taken, shared, key, reader, options }: Waiting): Promise<readonly unknown[]> {
  const deadline = performance.now() + options.waitMilliseconds;
  const id = await taken.clientId();
  // UNBLOCK answers the waiting read; cutting its connection would strand entries that are just being handed out.
  // Where the wake itself fails, the read ends with its slice.
  const wake = (): void => {
    shared.run((client) => client.client('UNBLOCK', id)).catch(() => undefined);
  };
  options.signal?.addEventListener('abort', wake, { once: true });
  try {
    for (;;) {
      const left = Math.ceil(deadline - performance.now());
      if (left <= 0 || options.signal?.aborted === true) return [];
      const block = Math.min(left, slice);
      const entries = await taken.connection.run((client) =>
        readOnce(client, key, reader, { count: options.count, block }),
      );
      if (entries.length > 0) return entries;
    }
  } finally {
    options.signal?.removeEventListener('abort', wake);
  }
}

async function readOnce(
  client: RedisClient,
  key: string,
  reader: Reader,
  how: { count: number; block?: number },
): Promise<readonly unknown[]> {
  const wait = how.block === undefined ? [] : ['BLOCK', how.block];
  const from = ['GROUP', reader.group, reader.consumer, 'COUNT', how.count, ...wait, 'STREAMS', key, '>'];
  const answer = await client.call('XREADGROUP', ...from);
  if (answer === null) return [];
  const streams = answer as readonly (readonly [key: string, entries: readonly unknown[]])[];
  return streams[0]?.[1] ?? [];
}
