import { useEffect, useRef } from 'react';
import { anonymousClient, type Credential } from '../session/session.ts';

interface ReturningProps {
  /** What the identity provider sent the browser back with. */
  readonly query: string;
  readonly onSignedIn: (credential: Credential) => void;
  readonly onRefused: (failure: unknown) => void;
}

/** Finishes what was begun before the browser went to the identity provider. */
export function Returning({ query, onSignedIn, onRefused }: ReturningProps) {
  // An answer counts once, and effects may run twice.
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    const finish = async () => {
      try {
        await anonymousClient().signIn.finishProvider({ body: { query, session: 'cookie' } });
        onSignedIn({ kind: 'cookie' });
      } catch (error) {
        onRefused(error);
      }
    };
    void finish();
  }, [query, onSignedIn, onRefused]);
  return (
    <main className="gate">
      <p role="status">Signing you in …</p>
    </main>
  );
}
