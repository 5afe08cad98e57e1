import type { Client } from '@devmesh/api';
import { QueryClientProvider } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Invitation } from '../sign-in/invitation.tsx';
import { leavePlace, readPlace, type Place } from '../sign-in/place.ts';
import { keepReturnPath, takeReturnPath } from '../sign-in/return-path.ts';
import { Returning } from '../sign-in/returning.tsx';
import { SignIn } from '../sign-in/sign-in.tsx';
import { forgetCredential, keepCredential, readCredential } from './credential-storage.ts';
import { isRefusedKey } from './failure.ts';
import { createQueryClient } from './query-client.ts';
import { clientFor, createSession, SessionContext, type Credential, type Principal } from './session.ts';

type Stage =
  | { readonly kind: 'out'; readonly failure?: unknown }
  | { readonly kind: 'invited'; readonly token: string }
  | { readonly kind: 'returning'; readonly query: string }
  | { readonly kind: 'checking'; readonly credential: Credential }
  | { readonly kind: 'in'; readonly credential: Credential; readonly principal: Principal };

/** Shows its children only to somebody whom the platform accepts, and a way to sign in to everybody else. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [stage, setStage] = useState<Stage>(() => firstStage(readPlace()));
  const leave = useCallback((failure?: unknown) => {
    forgetCredential();
    setStage({ kind: 'out', failure });
  }, []);
  const check = useCallback((credential: Credential) => {
    leavePlace();
    setStage({ kind: 'checking', credential });
  }, []);
  const enter = useCallback((credential: Credential, principal: Principal) => {
    keepCredential(credential);
    // The page that asks for consent knows people by their cookies only.
    const path = credential.kind === 'cookie' ? takeReturnPath() : undefined;
    if (path !== undefined) {
      globalThis.location.assign(path);
      return;
    }
    setStage({ kind: 'in', credential, principal });
  }, []);
  const out = useCallback((failure?: unknown) => {
    leavePlace();
    setStage({ kind: 'out', failure });
  }, []);

  if (stage.kind === 'invited') return <Invitation token={stage.token} onSignedIn={check} onLeave={out} />;
  if (stage.kind === 'returning') return <Returning query={stage.query} onSignedIn={check} onRefused={out} />;
  if (stage.kind === 'out') return <SignIn failure={stage.failure} onAccepted={enter} onSignedIn={check} />;
  if (stage.kind === 'checking') return <Check credential={stage.credential} onAccepted={enter} onRefused={leave} />;
  return (
    <SignedIn credential={stage.credential} principal={stage.principal} leave={leave}>
      {children}
    </SignedIn>
  );
}

function firstStage(place: Place): Stage {
  if (place.kind !== 'console') return place;
  if (keepReturnPath()) return { kind: 'checking', credential: { kind: 'cookie' } };
  const credential = readCredential();
  return credential === undefined ? { kind: 'out' } : { kind: 'checking', credential };
}

interface CheckProps {
  readonly credential: Credential;
  readonly onAccepted: (credential: Credential, principal: Principal) => void;
  readonly onRefused: (failure: unknown) => void;
}

/** Asks who is signed in. A platform that does not answer is no reason to forget anything. */
function Check({ credential, onAccepted, onRefused }: CheckProps) {
  const [failure, setFailure] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const check = async () => {
      try {
        onAccepted(credential, await clientFor(credential).identity.whoAmI({}, { signal: stop.signal }));
      } catch (error) {
        if (stop.signal.aborted) return;
        // That cookies have ended is no news to somebody who comes back after a while.
        if (isRefusedKey(error)) onRefused(credential.kind === 'key' ? error : undefined);
        else setFailure(error);
      }
    };
    void check();
    return () => {
      stop.abort();
    };
  }, [credential, attempt, onAccepted, onRefused]);

  const again = () => {
    setFailure(undefined);
    setAttempt(attempt + 1);
  };
  return (
    <main className="gate">
      {failure === undefined ? (
        <p role="status">Checking who you are …</p>
      ) : (
        <FailureNotice error={failure} onRetry={again} />
      )}
    </main>
  );
}

interface SignedInProps {
  readonly credential: Credential;
  readonly principal: Principal;
  readonly leave: (failure?: unknown) => void;
  readonly children: ReactNode;
}

/** One session with a cache of its own, so that nothing of one organization is shown to another. */
function SignedIn({ credential, principal, leave, children }: SignedInProps) {
  const session = useMemo(() => {
    const client = clientFor(credential);
    const signOut = (failure?: unknown): void => {
      if (credential.kind === 'key' || failure !== undefined) {
        leave(failure);
        return;
      }
      void endCookies(client).then(leave);
    };
    return createSession(client, principal, signOut);
  }, [credential, principal, leave]);
  const [queries] = useState(() => createQueryClient(leave));
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}

/** Whoever sees that they are out may close the page at once, so this waits until the browser has forgotten the cookies. */
async function endCookies(client: Client): Promise<unknown> {
  try {
    await client.signIn.signOut();
    return undefined;
  } catch (error) {
    return error;
  }
}
