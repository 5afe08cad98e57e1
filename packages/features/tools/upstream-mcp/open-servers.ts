import type { Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { UpstreamTransport } from './address.ts';
import type { ReachableRow } from './store.ts';

/** A server that is reached over the network, answers, and is called without any credential. */
type OpenServer = ReachableRow & { readonly transport: Exclude<UpstreamTransport, 'stdio'> };

/** What was read of such servers a moment ago, so that calls in a row read it once. */
export interface OpenServers {
  /** Undefined where the caller is to read it: one at a time, while those beside it go on with what was read before. */
  get(tenantId: string, toolId: string): OpenServer | undefined;
  /** Keeps what was read, if it is of such a server. */
  keep(tenantId: string, row: ReachableRow): void;
}

interface Kept {
  readonly row: OpenServer;
  /** When somebody is to read it again; who is told so moves it on. */
  dueAt: number;
  readonly endsAt: number;
}

/** How long a change of a server (its first credential among them) may stay unseen here: while nobody reads it again, and at the most. */
const freshMilliseconds = 1_000;
const longestMilliseconds = 2_000;

/** Creates it, empty. */
export function createOpenServers(clock: Pick<Clock, 'now'>): OpenServers {
  const rows = new LRUCache<string, Kept>({ max: 5_000 });
  return {
    get: (tenantId, toolId) => {
      const kept = rows.get(`${tenantId} ${toolId}`);
      const now = clock.now();
      if (kept === undefined || now >= kept.endsAt) return undefined;
      if (now < kept.dueAt) return kept.row;
      kept.dueAt = kept.endsAt;
      return undefined;
    },
    keep: (tenantId, row) => {
      const key = `${tenantId} ${row.toolId}`;
      const now = clock.now();
      if (isOpen(row)) rows.set(key, { row, dueAt: now + freshMilliseconds, endsAt: now + longestMilliseconds });
      else rows.delete(key);
    },
  };
}

function isOpen(row: ReachableRow): row is OpenServer {
  return row.transport !== 'stdio' && row.state === 'connected' && row.credentialVersion === null && !row.personal;
}
