import { MeshError, type Logger } from '@devmesh/foundation';
import { Redis, type RedisOptions } from 'ioredis';

const readyWithin = 700;
const answerWithin = 1_500;
const slowestReconnect = 500;

/** How to reach Redis. */
export interface RedisAddress {
  /** `redis://` or `rediss://`; may hold a password, so it is never logged. */
  readonly url: string;
  readonly log: Logger;
}

interface ConnectionPurpose {
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  /** Milliseconds that one command may block on the server; 0 for a connection that never blocks. */
  readonly blocksFor?: number;
}

/** One connection that comes back by itself and never lets a command wait for a server that is gone. */
export interface RedisConnection {
  /** Runs commands; throws `unavailable` within about 1.5 s when Redis does not answer. Error replies pass unchanged. */
  run<Result>(work: (client: Redis) => Promise<Result>): Promise<Result>;
  /** Calls back each time the connection is (again) usable. */
  onReady(callback: () => void): void;
  readonly client: Redis;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a connection in the background; `run` waits a moment for it. */
export function connectRedis(address: RedisAddress, purpose: ConnectionPurpose): RedisConnection {
  const client = new Redis(address.url, optionsOf(purpose));
  const outage = watchOutages(client, address.log.with({ 'redis.connection': purpose.name }));
  const untilReady = readyGate(client);
  const run = async <Result>(work: (client: Redis) => Promise<Result>): Promise<Result> => {
    if (client.status !== 'ready' && !(await untilReady())) throw unavailable(outage.lastError());
    try {
      return await work(client);
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    run,
    client,
    onReady: (callback) => {
      client.on('ready', callback);
      if (client.status === 'ready') callback();
    },
    ping: async () => {
      await run((redis) => redis.ping());
    },
    close: () => {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

/**
 * Nothing is queued while the server is away, and nothing is sent twice behind the caller's back:
 * a command whose answer was lost fails, and its caller decides.
 */
function optionsOf(purpose: ConnectionPurpose): RedisOptions & { replyMapping: 'legacy' } {
  const blocks = purpose.blocksFor ?? 0;
  return {
    connectionName: `devmesh-${purpose.name}`,
    // The replies have the shapes that scripts see, on every version of the server.
    protocol: 2,
    replyMapping: 'legacy',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: (tries) => Math.min(25 * tries, slowestReconnect),
    // A half-open socket looks connected forever: silence while an answer is due closes it.
    socketTimeout: blocks + answerWithin,
    commandTimeout: blocks === 0 ? answerWithin : undefined,
  };
}

function watchOutages(client: Redis, log: Logger): { lastError(): unknown } {
  let last: unknown;
  client.on('error', (error: unknown) => {
    if (last === undefined) log.warn('redis is not reachable', { 'error.message': messageOf(error) });
    last = error;
  });
  client.on('ready', () => {
    if (last !== undefined) log.info('redis is reachable again');
    last = undefined;
  });
  return { lastError: () => last };
}

/** One shared wait for all callers, so that an outage does not pile up listeners. */
function readyGate(client: Redis): () => Promise<boolean> {
  let waiting: Promise<boolean> | undefined;
  return () => {
    waiting ??= new Promise<boolean>((resolve) => {
      const finish = (ready: boolean): void => {
        clearTimeout(timer);
        client.off('ready', onReady);
        client.off('end', onEnd);
        waiting = undefined;
        resolve(ready);
      };
      const onReady = (): void => {
        finish(true);
      };
      const onEnd = (): void => {
        finish(false);
      };
      const timer = setTimeout(onEnd, client.status === 'end' ? 0 : readyWithin);
      client.once('ready', onReady);
      client.once('end', onEnd);
    });
    return waiting;
  };
}

const temporary = /^(LOADING|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|NOREPLICAS|NOAUTH|WRONGPASS)\b/u;

function translate(error: unknown): unknown {
  if (error instanceof MeshError) return error;
  if (!isReply(error)) return unavailable(error);
  if (error.message.startsWith('OOM')) {
    return new MeshError('disk_full', 'Redis has no memory left, so nothing was stored.', { cause: error });
  }
  return temporary.test(error.message) ? unavailable(error) : error;
}

/** Whether Redis itself answered with an error (as against not answering at all). */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function unavailable(cause: unknown): MeshError {
  return new MeshError('unavailable', 'Redis does not answer.', { cause, retryAfterSeconds: 1 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
