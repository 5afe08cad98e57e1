const storageKey = 'devmesh-return';

interface Address {
  readonly search: string;
}

/** The pages of the server that know people by their cookies: consent for a client, and the end of one at a provider. */
const pages: readonly string[] = ['/oauth/authorize?', '/api/v1/connections/callback?'];

/** Where somebody who was sent here to sign in goes on to: one of these pages, and no other. */
export function readReturnPath({ search }: Address): string | undefined {
  const path = new URLSearchParams(search).get('return');
  return path !== null && pages.some((page) => path.startsWith(page)) ? path : undefined;
}

/** Remembers it in this tab, also while the browser is at an identity provider; whether there is one. */
export function keepReturnPath(address: Address = globalThis.location): boolean {
  const path = readReturnPath(address);
  if (path !== undefined) globalThis.sessionStorage.setItem(storageKey, path);
  return path !== undefined;
}

/** What was remembered, once. */
export function takeReturnPath(): string | undefined {
  const path = globalThis.sessionStorage.getItem(storageKey) ?? undefined;
  globalThis.sessionStorage.removeItem(storageKey);
  return path === undefined ? undefined : readReturnPath({ search: new URLSearchParams({ return: path }).toString() });
}
