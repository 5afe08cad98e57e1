import type { Clock } from '@devmesh/foundation';
import type { MiddlewareHandler } from 'hono';

/** A request as it arrived. */
export interface ReceivedRequest {
  /** RFC 3339. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** The query string with its `?`, or nothing. */
  readonly query: string;
  /** Credentials are replaced by `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Remembers the last requests, so that tests can assert what arrived. */
export interface Journal {
  readonly record: MiddlewareHandler;
  /** Oldest first. */
  list(): readonly ReceivedRequest[];
  clear(): void;
}

interface JournalOptions {
  readonly clock: Clock;
  /** Requests to remember; the oldest are forgotten. */
  readonly capacity: number;
}

const credentials = new Set(['authorization', 'proxy-authorization', 'x-api-key', 'cookie']);

/** An empty journal. */
export function createJournal({ clock, capacity }: JournalOptions): Journal {
  let requests: ReceivedRequest[] = [];
  return {
    record: async (c, next) => {
      const url = new URL(c.req.url);
      const request: ReceivedRequest = {
        at: new Date(clock.now()).toISOString(),
        method: c.req.method,
        path: url.pathname,
        query: url.search,
        headers: redacted(c.req.header()),
        // Read as bytes: a body read as text first is text for whoever reads it after.
        body: new TextDecoder().decode(await c.req.arrayBuffer()),
      };
      requests = [...requests, request].slice(-capacity);
      await next();
    },
    list: () => requests,
    clear: () => {
      requests = [];
    },
  };
}

function redacted(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, credentials.has(name) ? '[redacted]' : value]);
  return Object.fromEntries(entries) as Record<string, string>;
}
