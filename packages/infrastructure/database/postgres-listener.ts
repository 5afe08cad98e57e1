import { MeshError, type Logger } from '@devmesh/foundation';
import type { Client } from 'pg';
import { createListeners, quoteChannel, type Listeners } from './listeners.ts';
import type { Database } from './port.ts';

/** Listens on one connection of its own, which is opened with the first listener and replaced whenever it is lost. */
export interface PostgresListener extends Pick<Database, 'listen'> {
  close(): Promise<void>;
}

interface ListenerOptions {
  readonly connect: () => Promise<Client>;
  readonly log: Logger;
}

/** Builds a listener that has no connection yet. */
export function createPostgresListener(options: ListenerOptions): PostgresListener {
  const { log } = options;
  const listeners = createListeners((error, channel) => {
    log.error('a listener failed', error, { 'devmesh.channel': channel });
  });
  const connection = createConnection(options, listeners);

  const listen = async (channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> => {
    const quoted = quoteChannel(channel);
    listeners.add(channel, onPayload);
    try {
      const client = await connection.current();
      await client.query(`listen ${quoted}`);
    } catch (error) {
      listeners.remove(channel, onPayload);
      throw error;
    }
    return async () => {
      if (!listeners.remove(channel, onPayload)) return;
      await connection.ifOpen((client) => client.query(`unlisten ${quoted}`));
    };
  };

  return { listen, close: () => connection.close() };
}

interface Connection {
  /** The open connection, or a new one. */
  current(): Promise<Client>;
  /** Does something with the connection where there is one. */
  ifOpen(work: (client: Client) => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

function createConnection({ connect, log }: ListenerOptions, listeners: Listeners): Connection {
  const state: { client: Promise<Client> | undefined; closed: boolean } = { client: undefined, closed: false };

  const open = async (): Promise<Client> => {
    const client = await connect();
    client.on('notification', ({ channel, payload }) => {
      listeners.deliver(channel, payload ?? '');
    });
    client.on('error', (error) => {
      log.warn('the listening PostgreSQL connection was lost', { 'error.message': error.message });
    });
    client.once('end', () => {
      state.client = undefined;
      void reopen();
    });
    for (const channel of listeners.channels()) await client.query(`listen ${quoteChannel(channel)}`);
    return client;
  };

  const current = async (): Promise<Client> => {
    if (state.closed) throw new MeshError('unavailable', 'The database is closed.');
    state.client ??= open();
    try {
      return await state.client;
    } catch (error) {
      state.client = undefined;
      throw error;
    }
  };

  const reopen = async (): Promise<void> => {
    for (const pause of pauses()) {
      if (state.closed || listeners.channels().length === 0) return;
      try {
        await current();
        return;
      } catch (error) {
        log.warn('listening on PostgreSQL is tried again', { 'error.message': String(error) });
      }
      await sleep(pause);
    }
  };

  const ifOpen = async (work: (client: Client) => Promise<unknown>): Promise<void> => {
    const client = await state.client?.catch(() => undefined);
    if (client !== undefined && !state.closed) await work(client);
  };

  const close = async (): Promise<void> => {
    if (state.closed) return;
    state.closed = true;
    const client = await state.client?.catch(() => undefined);
    await client?.end();
  };

  return { current, ifOpen, close };
}

function* pauses(): Generator<number, void, undefined> {
  for (let milliseconds = 100; ; milliseconds = Math.min(milliseconds * 2, 5_000)) yield milliseconds;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
