/** The field of `_meta` that tells what somebody else wrote: data to its reader, not instructions. */
const contentMark = 'devmesh/content';

/** What of the platform brought it: a tool, a prompt or a resource, by its name or address. */
type Origin = { readonly tool: string } | { readonly prompt: string } | { readonly resource: string };

/** The `_meta` of a result that a service wrote. */
export function untrusted(origin: Origin): Readonly<Record<string, unknown>> {
  return { [contentMark]: { trust: 'untrusted', ...origin } };
}
