import type { MeshEvent } from '@devmesh/api';
import { recentInstants } from './rates.ts';

/** What the feed knows now. A new object whenever something changed. */
export interface FeedState {
  readonly connection: 'off' | 'connecting' | 'live' | 'waiting' | 'refused';
  /** Newest first; the oldest are dropped. */
  readonly events: readonly MeshEvent[];
  /** When events happened, in seconds since the epoch, for as long as the chart shows. */
  readonly instants: readonly number[];
  /** Why the connection is waiting or refused. */
  readonly failure?: unknown;
}

/** Holds the feed's state and tells whoever subscribed when it changed. */
export interface FeedStore {
  readonly snapshot: () => FeedState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly set: (change: Partial<FeedState>) => void;
  /** Adds events, oldest first; one that is already there is left out. */
  readonly add: (events: readonly MeshEvent[]) => void;
}

const mostEvents = 300;

/** An empty feed that is off. */
export function createFeedStore(nowSeconds: () => number = () => Date.now() / 1000): FeedStore {
  const listeners = new Set<() => void>();
  let state: FeedState = { connection: 'off', events: [], instants: [] };
  const set: FeedStore['set'] = (change) => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  return {
    snapshot: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    set,
    add: (events) => {
      const known = new Set(state.events.map((event) => event.cursor));
      const fresh = events.filter((event) => !known.has(event.cursor));
      if (fresh.length === 0) return;
      const instants = fresh.map((event) => Date.parse(event.at) / 1000);
      set({
        events: [...fresh.toReversed(), ...state.events].slice(0, mostEvents),
        instants: recentInstants([...state.instants, ...instants], nowSeconds()),
      });
    },
  };
}
