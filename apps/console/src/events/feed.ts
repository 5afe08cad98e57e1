import { followEvents, MeshError, type Client, type MeshEvent } from '@devmesh/api';
import { backoffMilliseconds } from './backoff.ts';
import { createFeedStore, type FeedState, type FeedStore } from './feed-store.ts';
import { createGatherer } from './gather.ts';

/** The live feed: follows events for as long as it runs and comes back by itself after every interruption. */
export interface Feed {
  readonly snapshot: () => FeedState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Follows until the signal aborts or the platform refuses for good. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

interface FeedOptions {
  readonly client: Client;
  /** Called with new events, gathered for a moment. */
  readonly onEvents: (events: readonly MeshEvent[]) => void;
  /** Called each time the feed is live again: answers read before may have missed something. */
  readonly onOpen: () => void;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const gatherMilliseconds = 150;

/** Builds the feed. Nothing is followed before `run`. */
export function createFeed({ client, onEvents, onOpen, wait = pause }: FeedOptions): Feed {
  const store = createFeedStore();
  const place: Place = { cursor: undefined };
  const open = (): void => {
    store.set({ connection: 'live', failure: undefined });
    onOpen();
  };
  return {
    snapshot: store.snapshot,
    subscribe: store.subscribe,
    run: async (signal) => {
      let failures = 0;
      while (!signal.aborted) {
        store.set({ connection: 'connecting' });
        const opened = await follow({ client, store, place, onEvents, open, signal });
        if (signal.aborted || store.snapshot().connection === 'refused') return;
        failures = opened ? 0 : failures + 1;
        await wait(backoffMilliseconds(failures), signal);
      }
    },
  };
}

/** How far the feed was followed. What was merely listed does not count: older events may still commit behind it. */
interface Place {
  cursor: string | undefined;
}

interface FollowOptions {
  readonly client: Client;
  readonly store: FeedStore;
  readonly place: Place;
  readonly onEvents: (events: readonly MeshEvent[]) => void;
  readonly open: () => void;
  readonly signal: AbortSignal;
}

/** Follows over one connection until it ends; resolves to whether it was ever live. */
async function follow({ client, store, place, onEvents, open, signal }: FollowOptions): Promise<boolean> {
  let opened = false;
  const gathered = createGatherer<MeshEvent>(gatherMilliseconds, (events) => {
    store.add(events);
    onEvents(events);
  });
  const onOpen = (): void => {
    opened = true;
    open();
  };
  try {
    place.cursor ??= await loadRecent(client, store, signal);
    for await (const event of followEvents(client, { after: place.cursor, signal, onOpen })) {
      place.cursor = event.cursor;
      gathered.add(event);
    }
    store.set({ connection: 'waiting' });
  } catch (failure) {
    if (!signal.aborted) store.set({ connection: isFinal(failure) ? 'refused' : 'waiting', failure });
  } finally {
    gathered.flush();
  }
  return opened;
}

/** Shows what happened before; resolves to the cursor to follow after. */
async function loadRecent(client: Client, store: FeedStore, signal: AbortSignal): Promise<string> {
  const { items, head } = await client.system.listEvents({ query: { limit: 200 } }, { signal });
  store.add(items.toReversed());
  return head;
}

/** Trying again would not help: the key itself is not enough, or no longer. */
function isFinal(failure: unknown): boolean {
  return failure instanceof MeshError && (failure.code === 'unauthenticated' || failure.code === 'forbidden');
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
