import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { collectPages } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';

export type Repository = ResponseOf<typeof operations.knowledge.listRepositories>['items'][number];

/** Every repository and how far its index is. */
export function useRepositories() {
  const { client } = useSession();
  return useQuery({
    queryKey: queryKeys.repositories,
    queryFn: ({ signal }) => collectPages((page) => client.knowledge.listRepositories({ query: page }, { signal })),
  });
}
