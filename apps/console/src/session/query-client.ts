import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isPassing, isRefusedKey } from './failure.ts';

/** A cache of the platform's answers. A key that is refused in mid-session ends the session. */
export function createQueryClient(signOut: (failure: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isRefusedKey(error)) signOut(error);
      },
    }),
    defaultOptions: {
      queries: { staleTime: 30_000, retry: (count, error) => count < 2 && isPassing(error) },
    },
  });
}
