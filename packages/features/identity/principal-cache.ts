import { hash } from 'node:crypto';
import { systemClock, type Clock, type Telemetry } from '@devmesh/foundation';
import type { Bell } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.ts';

interface PrincipalCacheOptions {
  readonly bell: Bell;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

/** What a credential opens, and until when at most (Unix milliseconds). */
export interface Credential {
  readonly principal: Principal;
  readonly endsAt?: number | undefined;
}

/**
 * Who presented which credential a moment ago, in the memory of this process only and under the hash of the credential, so
 * that most requests are authenticated without the database. An ended credential is forgotten in this process at once, in the
 * others when the bell rings there, and after five seconds wherever the ring was lost.
 */
export interface PrincipalCache {
  /** The principal of a credential, from `load` where it is not remembered. Failures are not remembered. */
  read(credential: string, load: () => Promise<Credential>): Promise<Principal>;
  /** Does work that changes what credentials of a tenant open; afterwards nothing from before it is known. */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const ttlMilliseconds = 5_000;
const maximumEntries = 20_000;
const maximumTenants = 5_000;
const channel = 'principals';

interface Entry {
  readonly principal: Principal;
  readonly until: number;
  /** The turn at which its load began. */
  readonly turn: number;
}

/** Builds the cache; one for each process. */
export function createPrincipalCache({ bell, telemetry, clock = systemClock }: PrincipalCacheOptions): PrincipalCache {
  const entries = new LRUCache<string, Entry>({ max: maximumEntries });
  const loading = new Map<string, { readonly turn: number; readonly principal: Promise<Principal> }>();
  const forgotten = createForgotten();
  const listening = bell.listen(channel, forgotten.note).catch((error: unknown) => {
    telemetry.log.error('this process does not hear of ended credentials; it knows them for five seconds', error);
    return () => Promise.resolve();
  });

  const load = async (id: string, turn: number, ask: () => Promise<Credential>): Promise<Principal> => {
    const began = clock.now();
    const { principal, endsAt = Infinity } = await ask();
    entries.set(id, { principal, turn, until: Math.min(began + ttlMilliseconds, endsAt) });
    return principal;
  };

  return {
    read: async (credential, ask) => {
      const id = hash('sha256', credential, 'base64');
      const known = entries.get(id);
      // What began to be read before a change may not have seen it, also where it was stored after the change.
      if (known !== undefined && known.until > clock.now() && forgotten.at(known.principal.tenantId) <= known.turn) {
        return known.principal;
      }
      const turn = forgotten.turn();
      const shared = loading.get(id);
      // Not with a read that began before the latest change: it may not have seen it.
      if (shared?.turn === turn) return shared.principal;
      const principal = load(id, turn, ask);
      const flight = { turn, principal };
      loading.set(id, flight);
      try {
        return await principal;
      } finally {
        if (loading.get(id) === flight) loading.delete(id);
      }
    },
    change: async (tenantId, work) => {
      try {
        return await work();
      } finally {
        // Also after a failure: whether a transaction whose answer was lost has committed is not known.
        forgotten.note(tenantId);
        await bell.ring(channel, tenantId);
      }
    },
    close: async () => {
      await (
        await listening
      )();
      entries.clear();
    },
  };
}

/** When each tenant was last forgotten, counted in turns. Of tenants forgotten long ago it is only known that it was not later. */
function createForgotten() {
  let turn = 0;
  let floor = 0;
  const turns = new Map<string, number>();
  return {
    turn: () => turn,
    at: (tenantId: string): number => turns.get(tenantId) ?? floor,
    note: (tenantId: string): void => {
      turn += 1;
      turns.delete(tenantId);
      turns.set(tenantId, turn);
      if (turns.size <= maximumTenants) return;
      const [oldest] = turns;
      if (oldest === undefined) return;
      turns.delete(oldest[0]);
      floor = oldest[1];
    },
  };
}
