import type { Credential } from './session.ts';

const keyName = 'devmesh.key';
const wayName = 'devmesh.way';
const organizationName = 'devmesh.organization';

/**
 * How this tab may be signed in: by the key it keeps, or by the cookies of the browser, which no script can see; that there are
 * some is all that is known of them. A key never outlives the tab and never enters a URL.
 */
export function readCredential(): Credential | undefined {
  const key = sessionStorage.getItem(keyName);
  if (key !== null) return { kind: 'key', key };
  return localStorage.getItem(wayName) === 'cookie' ? { kind: 'cookie' } : undefined;
}

/** Keeps a key for this tab, or notes that there are cookies. */
export function keepCredential(credential: Credential): void {
  localStorage.setItem(wayName, credential.kind);
  if (credential.kind === 'key') sessionStorage.setItem(keyName, credential.key);
  else sessionStorage.removeItem(keyName);
}

/** Forgets the credential, but not of which kind it was. */
export function forgetCredential(): void {
  sessionStorage.removeItem(keyName);
  if (localStorage.getItem(wayName) === 'cookie') localStorage.setItem(wayName, 'password');
}

/** Whether the last sign-in was by key. */
export function prefersKey(): boolean {
  return localStorage.getItem(wayName) === 'key';
}

/** The organization that somebody signed in to last in this browser. */
export function readOrganization(): string {
  return localStorage.getItem(organizationName) ?? '';
}

export function keepOrganization(slug: string): void {
  localStorage.setItem(organizationName, slug);
}
