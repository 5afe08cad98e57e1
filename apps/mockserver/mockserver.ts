import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { MeshError, systemClock, type Clock, type Logger, type Service } from '@devmesh/foundation';
import { createApp } from './app.ts';
import { listen, type Listener } from './listener.ts';
import { createMocks } from './openapi/mocks.ts';

interface MockserverOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Loopback unless told otherwise. */
  readonly host?: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The token that Acme DevOps accepts. */
  readonly token?: string;
  /** Hosts besides loopback that webhooks may be sent to. */
  readonly webhookHosts?: readonly string[];
  /** OpenAPI documents to serve from the start, by the name of their mock. */
  readonly documents?: Readonly<Record<string, string>>;
}

/** The token that Acme DevOps accepts unless another is configured. */
export const demoToken = 'acme-demo-token';

/** The imitation of the outside world. */
export interface Mockserver extends Service {
  /** Answers without a socket, started or not. */
  fetch(request: Request): Promise<Response>;
  /** Where it listens; throws `unavailable` while it does not. */
  url(): string;
}

/** Builds the mock server; its state lives as long as it does. */
export function createMockserver(options: MockserverOptions): Mockserver {
  const { port, host = '127.0.0.1', log, clock = systemClock, token = demoToken, webhookHosts = [] } = options;
  const stopping = new AbortController();
  // Every answer that is held back listens to it; Node takes more than ten listeners for a leak.
  setMaxListeners(0, stopping.signal);
  const mocks = createMocks();
  for (const [name, document] of Object.entries(options.documents ?? {})) mocks.add(name, document);
  const app = createApp({ log, clock, token, webhookHosts, stopping: stopping.signal, mocks });
  const answer = async (request: Request, incoming?: IncomingMessage): Promise<Response> =>
    app.fetch(request, { incoming });
  let listener: Listener | undefined;
  return {
    name: 'mockserver',
    fetch: answer,
    url: () => {
      if (listener === undefined) throw new MeshError('unavailable', 'The mock server does not listen.');
      return listener.url;
    },
    start: async () => {
      listener ??= await listen({ fetch: answer, host, port });
    },
    ready: () =>
      Promise.resolve(listener === undefined ? { ready: false, reason: 'It does not listen.' } : { ready: true }),
    stop: async () => {
      stopping.abort();
      const closing = listener;
      listener = undefined;
      await closing?.close();
    },
  };
}
