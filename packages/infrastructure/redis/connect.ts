import type { Logger } from '@devmesh/foundation';
import type { RedisAddress } from './address.ts';
import { answerWithin, createClient, type ConnectionPurpose, type RedisClient } from './client.ts';
import { reasonOf, translate, unavailable } from './failures.ts';
import { within } from './within.ts';

export type { RedisAddress } from './address.ts';
export type { RedisClient } from './client.ts';
export { isReply } from './failures.ts';

const readyWithin = 700;

/** One connection that comes back by itself and never lets a command wait for a server that is gone. */
export interface RedisConnection {
  /** Runs commands; throws `unavailable` within about 1.5 s when Redis does not answer. Error replies pass unchanged. */
  run<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result>;
  /** Calls back each time the connection is (again) usable. */
  onReady(callback: () => void): void;
  readonly client: RedisClient;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a connection in the background; `run` waits a moment for it. Throws `invalid_config` for an address that is none. */
export function connectRedis(address: RedisAddress, purpose: ConnectionPurpose): RedisConnection {
  const client = createClient(address, purpose);
  const outage = watchOutages(client, address.log.with({ 'redis.connection': purpose.name }));
  const untilReady = readyGate(client);
  const patience = (purpose.blocksFor ?? 0) + answerWithin;
  const run = async <Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    if (client.status !== 'ready' && !(await untilReady())) throw unavailable(outage.lastError());
    try {
      return await within(patience - (performance.now() - startedAt), work(client));
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

function watchOutages(client: RedisClient, log: Logger): { lastError(): unknown } {
  let last: unknown;
  const remember = (error: unknown): void => {
    if (last === undefined) log.warn('redis is not reachable', { 'error.message': reasonOf(error) });
    last = error;
  };
  client.on('error', remember);
  client.on('ready', () => {
    if (last !== undefined) log.info('redis is reachable again');
    last = undefined;
  });
  return { lastError: () => last };
}

/** One shared wait for all callers, so that an outage does not pile up listeners. */
function readyGate(client: RedisClient): () => Promise<boolean> {
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
