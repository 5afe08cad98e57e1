import { QueryClientProvider } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { SignIn } from '../sign-in/sign-in.tsx';
import { isRefusedKey } from './failure.ts';
import { forgetKey, keepKey, readKey } from './key-storage.ts';
import { createQueryClient } from './query-client.ts';
import { clientFor, createSession, SessionContext, type Principal } from './session.ts';

type Stage =
  | { readonly kind: 'out'; readonly failure?: unknown }
  | { readonly kind: 'checking'; readonly key: string; readonly failure?: unknown }
  | { readonly kind: 'in'; readonly key: string; readonly principal: Principal };

/** Shows its children only to somebody whose key the platform accepts, and the sign-in page to everybody else. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [stage, setStage] = useState<Stage>(firstStage);
  const signOut = useCallback((failure?: unknown) => {
    forgetKey();
    setStage({ kind: 'out', failure });
  }, []);
  const enter = useCallback((key: string, principal: Principal) => {
    keepKey(key);
    setStage({ kind: 'in', key, principal });
  }, []);

  if (stage.kind === 'out') return <SignIn failure={stage.failure} onAccepted={enter} />;
  if (stage.kind === 'checking') return <KeyCheck keyText={stage.key} onAccepted={enter} onRefused={signOut} />;
  return (
    <SignedIn key={stage.key} keyText={stage.key} principal={stage.principal} signOut={signOut}>
      {children}
    </SignedIn>
  );
}

function firstStage(): Stage {
  const key = readKey();
  return key === undefined ? { kind: 'out' } : { kind: 'checking', key };
}

interface KeyCheckProps {
  readonly keyText: string;
  readonly onAccepted: (key: string, principal: Principal) => void;
  readonly onRefused: (failure: unknown) => void;
}

/** Asks who the kept key is. A platform that does not answer is no reason to forget the key. */
function KeyCheck({ keyText, onAccepted, onRefused }: KeyCheckProps) {
  const [failure, setFailure] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const check = async () => {
      try {
        onAccepted(keyText, await clientFor(keyText).identity.whoAmI({}, { signal: stop.signal }));
      } catch (error) {
        if (stop.signal.aborted) return;
        if (isRefusedKey(error)) onRefused(error);
        else setFailure(error);
      }
    };
    void check();
    return () => {
      stop.abort();
    };
  }, [keyText, attempt, onAccepted, onRefused]);

  const again = () => {
    setFailure(undefined);
    setAttempt(attempt + 1);
  };
  return (
    <main className="gate">
      {failure === undefined ? (
        <p role="status">Checking your key …</p>
      ) : (
        <FailureNotice error={failure} onRetry={again} />
      )}
    </main>
  );
}

interface SignedInProps {
  readonly keyText: string;
  readonly principal: Principal;
  readonly signOut: (failure?: unknown) => void;
  readonly children: ReactNode;
}

/** One session with a cache of its own, so that nothing of one organization is shown to another. */
function SignedIn({ keyText, principal, signOut, children }: SignedInProps) {
  const session = useMemo(() => createSession(clientFor(keyText), principal, signOut), [keyText, principal, signOut]);
  const [queries] = useState(() => createQueryClient(signOut));
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}
