import type { MeshEvent } from '@devmesh/api';
import type { Clock, Logger } from '@devmesh/foundation';
import type { EdgePrincipal } from '../principal.ts';
import { openFeed, type Feed } from './feed.ts';

interface FeedsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the platform no longer takes a key, before those who listen are told. */
  readonly onRefused?: ((keyId: string) => void) | undefined;
}

/** What somebody wants to hear of a key's feed. */
interface FeedListener {
  onEvent?(event: MeshEvent): void;
  /** From now on events come, or some may have been missed. */
  onConnection?(connected: boolean): void;
  /** The platform no longer takes the key. */
  onRefused?(): void;
}

/** Somebody's hold on the feed of a key. */
interface Membership {
  /** Resolves once no event is missed any more. */
  readonly open: Promise<void>;
  leave(): Promise<void>;
}

/** The event feeds that are followed: one for each key, for as long as somebody listens. */
export interface Feeds {
  join(principal: EdgePrincipal, listener: FeedListener): Membership;
  /** Connects all anew: those that wait to do so, and those that may hear nothing any more. */
  reconnect(): void;
}

interface Shared {
  readonly feed: Feed;
  readonly listeners: Set<FeedListener>;
  connected: boolean;
}

/** Builds the feeds. */
export function createFeeds(options: FeedsOptions): Feeds {
  const feeds = new Map<string, Shared>();
  return {
    join: (principal, listener) => {
      const { keyId } = principal.identity;
      const shared = feeds.get(keyId) ?? open(options, principal, () => feeds.delete(keyId));
      feeds.set(keyId, shared);
      shared.listeners.add(listener);
      if (shared.connected) listener.onConnection?.(true);
      return {
        open: shared.feed.open,
        leave: async () => {
          shared.listeners.delete(listener);
          if (shared.listeners.size > 0 || feeds.get(keyId) !== shared) return;
          feeds.delete(keyId);
          await shared.feed.stop();
        },
      };
    },
    reconnect: () => {
      for (const { feed } of feeds.values()) feed.reconnect();
    },
  };
}

/** Whether the key itself may have been revoked, or its person locked out. */
function concerns({ type, subjectId }: MeshEvent, { identity }: EdgePrincipal): boolean {
  return type === 'access.changed' && (subjectId === identity.keyId || subjectId === identity.user?.id);
}

function open(options: FeedsOptions, principal: EdgePrincipal, onEnd: () => void): Shared {
  const listeners = new Set<FeedListener>();
  const feed = openFeed({
    clock: options.clock,
    log: options.log,
    principal,
    onEvent: (event) => {
      for (const listener of listeners) listener.onEvent?.(event);
      // Connecting anew asks whether the key is still taken.
      if (concerns(event, principal)) feed.reconnect();
    },
    onConnection: (connected) => {
      shared.connected = connected;
      for (const listener of listeners) listener.onConnection?.(connected);
    },
    onRefused: () => {
      onEnd();
      options.onRefused?.(principal.identity.keyId);
      for (const listener of listeners) listener.onRefused?.();
    },
  });
  const shared: Shared = { feed, listeners, connected: false };
  return shared;
}
