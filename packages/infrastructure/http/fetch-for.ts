import type { GuardedFetch } from './guard.ts';

/** The fetch on behalf of an organization: hosts that the operator opened for it alone are open. */
export function fetchFor(fetch: GuardedFetch, tenantId: string): GuardedFetch {
  return (url, request = {}) => fetch(url, { ...request, tenantId });
}
