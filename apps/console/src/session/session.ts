import { allows, createClient, type Client, type operations, type ResponseOf, type Scope } from '@devmesh/api';
import { createContext, use } from 'react';
import { isRefusedKey } from './failure.ts';
import { createRefreshingFetch, inTurn } from './refreshing-fetch.ts';

/** What requests are sent with: a key, or the cookies of the browser. */
export type Credential = { readonly kind: 'key'; readonly key: string } | { readonly kind: 'cookie' };

/** Who is signed in, as the platform tells it. */
export type Principal = ResponseOf<typeof operations.identity.whoAmI>;

/** What the panels act under. */
export interface Session {
  readonly client: Client;
  readonly principal: Principal;
  /** Whether they may do what needs this scope. */
  readonly may: (scope: Scope) => boolean;
  /** Ends the session; a failure given here is shown on the sign-in page. */
  readonly signOut: (failure?: unknown) => void;
}

const baseUrl = (): string => globalThis.location.origin;

/** A client without a credential of its own; cookies are sent by the browser. */
export function anonymousClient(): Client {
  return createClient({ baseUrl: baseUrl() });
}

/** A client of the platform that served this page. */
export function clientFor(credential: Credential): Client {
  if (credential.kind === 'key') return createClient({ baseUrl: baseUrl(), key: credential.key });
  const fetch = createRefreshingFetch({
    fetch: (request) => globalThis.fetch(request),
    refresh: () => inTurn(renewSession),
  });
  return createClient({ baseUrl: baseUrl(), fetch });
}

/** Renews the cookies; false where the session is over. */
async function renewSession(): Promise<boolean> {
  try {
    await anonymousClient().signIn.refresh({ body: { session: 'cookie' } });
    return true;
  } catch (error) {
    if (isRefusedKey(error)) return false;
    throw error;
  }
}

/** A session that the platform has accepted. */
export function createSession(client: Client, principal: Principal, signOut: Session['signOut']): Session {
  return { client, principal, signOut, may: (scope) => allows(principal.scopes, scope) };
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the signed-in person. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('useSession needs a SessionGate above it');
  return session;
}
