import type { EdgePrincipal } from './principal.ts';

/** The operations that the platform allows a principal now, by id. */
export async function allowedOperations({ client }: EdgePrincipal, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { operations } = await client.policy.allowed({}, { signal });
  return new Set(operations);
}
