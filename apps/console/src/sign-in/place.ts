/** Where in the console somebody arrived: with an invitation, back from an identity provider, or at the console itself. */
export type Place =
  | { readonly kind: 'invited'; readonly token: string }
  | { readonly kind: 'returning'; readonly query: string }
  | { readonly kind: 'console' };

interface Address {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

/** Reads the place from the address. The token of an invitation stands behind `#`, which no server and no log gets to see. */
export function readPlace({ pathname, search, hash }: Address = globalThis.location): Place {
  if (pathname === '/invitation' && hash.length > 1) return { kind: 'invited', token: hash.slice(1) };
  if (pathname === '/sign-in' && new URLSearchParams(search).has('state')) {
    return { kind: 'returning', query: search.slice(1) };
  }
  return { kind: 'console' };
}

/** Takes the token or the code out of the address and the history. */
export function leavePlace(): void {
  if (readPlace().kind !== 'console') globalThis.history.replaceState(null, '', '/');
}
