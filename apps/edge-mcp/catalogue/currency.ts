import { allows, type EventType, type MeshEvent } from '@devmesh/api';
import type { Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { EdgePrincipal } from '../principal.ts';
import type { Feeds } from '../sessions/feeds.ts';

interface CurrencyOptions {
  readonly feeds: Pick<Feeds, 'join'>;
  readonly clock: Clock;
}

/** Whether what was read for a key still holds: only while its feed is followed without a gap and tells of no change. */
export interface Currency {
  /** A mark of now; undefined while a change could go unheard. */
  mark(principal: EdgePrincipal): string | undefined;
  /** Begins to listen for a key, for some minutes. */
  listen(principal: EdgePrincipal): void;
  /** A key has changed something itself, and need not wait to hear of it. */
  changed(principal: EdgePrincipal): void;
  /** Stops listening. */
  close(): Promise<void>;
}

interface Listening {
  readonly leave: () => Promise<void>;
  /** Another after everything that changes what the key is shown. */
  version: number;
  connected: boolean;
}

/** Events after which lists are to be read anew. */
const changing: ReadonlySet<EventType> = new Set([
  'tool.imported',
  'tool.changed',
  'tool.deleted',
  'prompt.changed',
  'access.changed',
]);

/** Nobody has listed for so long: its feed is followed no longer. */
const idleMilliseconds = 300_000;
const mostKeys = 2_000;

/** A number that nobody had before, so that what was marked under an earlier listening never holds under a later one. */
type Next = () => number;

/** Builds it. */
export function createCurrency({ feeds, clock }: CurrencyOptions): Currency {
  let latest = 0;
  const next: Next = () => (latest += 1);
  const leaving = new Set<Promise<void>>();
  const leave = (listening: Listening): void => {
    const left = listening.leave().finally(() => leaving.delete(left));
    leaving.add(left);
  };
  const listenings = new LRUCache<string, Listening>({ max: mostKeys, dispose: leave });
  const used = new Map<string, number>();
  const forgetIdle = (): void => {
    for (const [keyId, at] of used) {
      if (clock.now() - at < idleMilliseconds) break;
      used.delete(keyId);
      listenings.delete(keyId);
    }
  };
  return {
    mark: ({ identity: { keyId } }) => {
      const listening = listenings.get(keyId);
      if (listening === undefined) return undefined;
      used.delete(keyId);
      used.set(keyId, clock.now());
      return listening.connected ? String(listening.version) : undefined;
    },
    listen: (principal) => {
      const { keyId, scopes } = principal.identity;
      forgetIdle();
      if (listenings.has(keyId) || !allows(scopes, 'events:read')) return;
      listenings.set(keyId, join(feeds, { principal, next, onRefused: () => listenings.delete(keyId) }));
      used.set(keyId, clock.now());
    },
    changed: ({ identity: { keyId } }) => {
      const listening = listenings.peek(keyId);
      if (listening !== undefined) listening.version = next();
    },
    close: async () => {
      listenings.clear();
      await Promise.all(leaving);
    },
  };
}

interface Joining {
  readonly principal: EdgePrincipal;
  readonly next: Next;
  readonly onRefused: () => void;
}

function join(feeds: Pick<Feeds, 'join'>, { principal, next, onRefused }: Joining): Listening {
  const listening = { version: next(), connected: false, leave: (): Promise<void> => membership.leave() };
  const membership = feeds.join(principal, {
    onEvent: ({ type }: MeshEvent) => {
      if (changing.has(type)) listening.version = next();
    },
    onConnection: (connected) => {
      // What was read before a gap may have changed within it.
      listening.version = next();
      listening.connected = connected;
    },
    onRefused,
  });
  return listening;
}
