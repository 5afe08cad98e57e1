import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { collectPages } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';

export type Source = ResponseOf<typeof operations.webhooks.listSources>['items'][number];

/** Every source of webhooks. */
export function useSources() {
  const { client } = useSession();
  return useQuery({
    queryKey: queryKeys.webhookSources,
    queryFn: ({ signal }) => collectPages((page) => client.webhooks.listSources({ query: page }, { signal })),
  });
}

export type Rule = ResponseOf<typeof operations.automation.listRules>['items'][number];

/** Every routing rule. */
export function useRules() {
  const { client } = useSession();
  return useQuery({
    queryKey: queryKeys.rules,
    queryFn: ({ signal }) => collectPages((page) => client.automation.listRules({ query: page }, { signal })),
  });
}

/** The address that a sender posts to. */
export function addressOf({ path }: Pick<Source, 'path'>): string {
  return new URL(path, globalThis.location.origin).href;
}
