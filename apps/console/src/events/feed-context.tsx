import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { isRefusedKey } from '../session/failure.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { affectedBy } from './affected-queries.ts';
import { createFeed, type Feed } from './feed.ts';
import type { FeedState } from './feed-store.ts';

const FeedContext = createContext<Feed | undefined>(undefined);

/** Follows the live feed while the console is shown, and refreshes the answers that events make old. */
export function FeedProvider({ children }: { readonly children: ReactNode }) {
  const { client, may, signOut } = useSession();
  const queries = useQueryClient();
  const [feed] = useState(() =>
    createFeed({
      client,
      onEvents: (events) => {
        for (const name of affectedBy(events)) void queries.invalidateQueries({ queryKey: queryKeys[name] });
      },
      onOpen: () => void queries.invalidateQueries(),
    }),
  );
  const allowed = may('events:read');
  useEffect(() => {
    if (!allowed) return undefined;
    const stop = new AbortController();
    const follow = async () => {
      await feed.run(stop.signal);
      const { failure } = feed.snapshot();
      if (!stop.signal.aborted && isRefusedKey(failure)) signOut(failure);
    };
    void follow();
    return () => {
      stop.abort();
    };
  }, [feed, allowed, signOut]);
  return <FeedContext value={feed}>{children}</FeedContext>;
}

/** The live feed as it is now. */
export function useFeed(): FeedState {
  const feed = use(FeedContext);
  if (feed === undefined) throw new Error('useFeed needs a FeedProvider above it');
  return useSyncExternalStore(feed.subscribe, feed.snapshot);
}
