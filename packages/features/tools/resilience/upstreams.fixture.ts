import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentTelemetry, systemClock, type Clock, type Metrics } from '@devmesh/foundation';
import { createGuardedFetch, type GuardedResponse } from '@devmesh/infrastructure';
import { defaultSettings, type ExecutionSettings } from './settings.ts';
import { createUpstreams, type Effect } from './upstreams.ts';
import { keyOfRead } from './read-key.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

interface Sent {
  readonly tenantId?: string;
  readonly userId?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly effect?: Effect;
  readonly settings?: Partial<ExecutionSettings>;
  readonly signal?: AbortSignal;
}

/** Time that passes as soon as somebody sleeps, and else stands still. */
export function passingClock(): Clock & { readonly slept: number[]; pass(milliseconds: number): void } {
  let now = 1_700_000_000_000;
  const slept: number[] = [];
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  return {
    slept,
    pass,
    now: () => now,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      pass(milliseconds);
      return Promise.resolve();
    },
  };
}

/** A real server behind the guarded fetch and the upstreams; `handle` answers, with the number of the request. */
export async function openUpstreamsBench(clock: Clock = systemClock) {
  let handle: Handler = (_request, response) => response.end('{}');
  const received: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[] =
    [];
  const server = createServer((request, response) => {
    received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    request.resume();
    handle(request, response, received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const fetch = createGuardedFetch({ allowHosts: ['127.0.0.1'], telemetry: silentTelemetry });
  const counted: Record<string, number> = {};
  const count: Metrics['count'] = (name, labels = {}) => {
    const key = [name, ...Object.values(labels)].join(' ');
    counted[key] = (counted[key] ?? 0) + 1;
  };
  const telemetry = { ...silentTelemetry, metrics: { ...silentTelemetry.metrics, count } };
  const upstreams = createUpstreams({ telemetry, clock, random: () => 0.5 });
  const send = (sent: Sent = {}): Promise<GuardedResponse> => {
    const {
      tenantId = 'a',
      userId,
      method = 'GET',
      path = '/',
      headers = {},
      effect = 'read',
      settings,
      signal,
    } = sent;
    const url = origin + path;
    const readKey = keyOfRead({ tenantId, toolId: 't', userId, method, url, headers });
    const call = { tenantId, url, effect, readKey, settings: { ...defaultSettings, ...settings }, signal };
    return upstreams.send(call, (one) => fetch(url, { ...one, method, headers: { ...headers, ...one.headers } }));
  };
  return {
    origin,
    received,
    counted,
    send,
    answer: (handler: Handler): void => {
      handle = handler;
    },
    close: async (): Promise<void> => {
      await fetch.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a promise was rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
}
