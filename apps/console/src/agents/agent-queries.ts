import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { collectPages } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';

export type Agent = ResponseOf<typeof operations.agents.listAgents>['items'][number];

/** Every agent; nothing is asked under a key that may not read them. */
export function useAgents() {
  const { client, may } = useSession();
  return useQuery({
    queryKey: queryKeys.agents,
    queryFn: ({ signal }) => collectPages((page) => client.agents.listAgents({ query: page }, { signal })),
    enabled: may('agents:read'),
  });
}
