import type { EdgePrincipal } from '../principal.ts';

/** Whether the platform's own tools are among those of a session: always, unless its tool set leaves them out. */
export async function showsPlatformTools({ set, client }: EdgePrincipal, signal: AbortSignal): Promise<boolean> {
  if (set === undefined) return true;
  return (await client.toolSets.getToolSet({ params: { name: set } }, { signal })).platformTools;
}
