import type { GuardedFetch, GuardedResponse } from '@devmesh/infrastructure';
import type { NamedOrigin } from './named-origin.ts';

/** One request of a search for descriptions. */
export interface ProbeRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maximumBytes: number;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

interface Prober {
  readonly fetch: GuardedFetch;
  readonly tenantId: string;
  readonly origin: NamedOrigin;
}

/** Asks an address; the credential goes along only to the origin that was named, and redirects elsewhere drop it. */
export function probe(
  { fetch, tenantId, origin }: Prober,
  url: string,
  request: ProbeRequest,
): Promise<GuardedResponse> {
  const { headers = {}, signal, ...rest } = request;
  const authorization = origin.authorizationFor(url);
  const target = new URL(url);
  for (const [name, value] of authorization?.query ?? []) target.searchParams.set(name, value);
  return fetch(target.href, {
    ...rest,
    headers: { ...headers, ...authorization?.headers },
    secrets: authorization?.traces ?? [],
    tenantId,
    ...(signal === undefined ? {} : { signal }),
  });
}
