import { LRUCache } from 'lru-cache';
import type { UpstreamTransport } from './address.ts';
import type { ReachableRow } from './store.ts';

/** A server that is reached over the network, answers, and is called without any credential. */
type OpenServer = ReachableRow & { readonly transport: Exclude<UpstreamTransport, 'stdio'> };

/** What was read of such servers a moment ago, so that calls in a row read it once. */
export interface OpenServers {
  get(tenantId: string, toolId: string): OpenServer | undefined;
  /** Keeps what was read, if it is of such a server. */
  keep(tenantId: string, row: ReachableRow): void;
}

/** How long a change of a server (its first credential among them) may stay unseen here. */
const freshMilliseconds = 1_000;

/** Creates it, empty. */
export function createOpenServers(): OpenServers {
  const rows = new LRUCache<string, OpenServer>({ max: 5_000, ttl: freshMilliseconds });
  return {
    get: (tenantId, toolId) => rows.get(`${tenantId} ${toolId}`),
    keep: (tenantId, row) => {
      if (isOpen(row)) rows.set(`${tenantId} ${row.toolId}`, row);
    },
  };
}

function isOpen(row: ReachableRow): row is OpenServer {
  return row.transport !== 'stdio' && row.state === 'connected' && row.credentialVersion === null && !row.personal;
}
