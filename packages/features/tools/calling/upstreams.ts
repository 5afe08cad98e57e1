import { createResilience, MeshError, type Resilience } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';

/** Keeps a broken service from holding up its callers: one circuit per organization and host. */
export interface Upstreams {
  /** Runs one call; `repeatable` work is tried again where the connection failed. Throws `unavailable` while the circuit is open. */
  run<Result>(call: UpstreamCall, work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

interface UpstreamCall {
  readonly tenantId: string;
  readonly host: string;
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Upstream {
  readonly once: Resilience;
  readonly again: Resilience;
}

const mostUpstreams = 5_000;
const timeoutMilliseconds = 35_000;
const retries = 2;
const breakAfter = 5;
const halfOpenAfterMilliseconds = 10_000;

/** Builds the circuits; the least used is forgotten first. */
export function createUpstreams(): Upstreams {
  const upstreams = new LRUCache<string, Upstream>({ max: mostUpstreams });
  return {
    run: ({ tenantId, host, repeatable, signal }, work) => {
      const key = `${tenantId} ${host}`;
      const known = upstreams.get(key);
      const upstream = known ?? createUpstream(host);
      if (known === undefined) upstreams.set(key, upstream);
      if (!repeatable) return upstream.once.run(work, signal);
      return upstream.once.run((outer) => upstream.again.run(work, outer), signal);
    },
  };
}

function createUpstream(host: string): Upstream {
  return {
    once: createResilience({
      name: host,
      timeoutMilliseconds: timeoutMilliseconds * (retries + 1),
      retries: 0,
      breakAfter,
      halfOpenAfterMilliseconds,
      retryable: (error) => failed(error, 'upstream_unreachable') || failed(error, 'upstream_timeout'),
    }),
    again: createResilience({
      name: host,
      timeoutMilliseconds,
      retries,
      // The outer circuit decides; this policy only tries again.
      breakAfter: Number.MAX_SAFE_INTEGER,
      halfOpenAfterMilliseconds,
      retryable: (error) => failed(error, 'upstream_unreachable'),
    }),
  };
}

function failed(error: Error, code: MeshError['code']): boolean {
  return error instanceof MeshError && error.code === code;
}
