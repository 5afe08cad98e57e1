import { allows, createClient, type Client, type operations, type ResponseOf, type Scope } from '@devmesh/api';
import { createContext, use } from 'react';

/** Who is signed in, as the platform tells it. */
export type Principal = ResponseOf<typeof operations.identity.whoAmI>;

/** What the panels act under. */
export interface Session {
  readonly client: Client;
  readonly principal: Principal;
  /** Whether the key may do what needs this scope. */
  readonly may: (scope: Scope) => boolean;
  /** Forgets the key; a failure given here is shown on the sign-in page. */
  readonly signOut: (failure?: unknown) => void;
}

/** A client of the platform that served this page. */
export function clientFor(key: string): Client {
  return createClient({ baseUrl: globalThis.location.origin, key });
}

/** A session over a key that the platform has accepted. */
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
