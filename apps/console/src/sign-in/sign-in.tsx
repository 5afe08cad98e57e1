import { MeshError } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { Field } from '../layout/field.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { Mark } from '../layout/mark.tsx';
import { textOf } from '../layout/form-text.ts';
import { clientFor, type Principal } from '../session/session.ts';
import './sign-in.css';

interface SignInProps {
  /** Why the last session ended, if it was not by choice. */
  readonly failure: unknown;
  readonly onAccepted: (key: string, principal: Principal) => void;
}

/** Asks for an API key and hands it on once the platform has accepted it. */
export function SignIn({ failure: lastFailure, onAccepted }: SignInProps) {
  const [failure, setFailure] = useState(lastFailure);
  const [checking, setChecking] = useState(false);

  const check = async (key: string) => {
    setChecking(true);
    setFailure(undefined);
    try {
      if (!isKeyShaped(key)) throw new MeshError('unauthenticated', 'This is not the form of a key.');
      onAccepted(key, await clientFor(key).identity.whoAmI());
    } catch (error) {
      setFailure(error);
      setChecking(false);
    }
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void check(textOf(new FormData(event.currentTarget), 'key'));
  };

  return (
    <main className="gate sign-in">
      <div className="sign-in__brand">
        <Mark />
        <h1>Developer Mesh</h1>
      </div>
      <form onSubmit={submit} aria-label="Sign in">
        <Field label="API key" hint="An admin or user key. It stays in this tab and is gone when you close it.">
          {(field) => (
            <input
              {...field}
              name="key"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              // The page has this one purpose.
              autoFocus
            />
          )}
        </Field>
        <button className="button button--primary" type="submit" disabled={checking}>
          {checking ? 'Checking …' : 'Sign in'}
        </button>
      </form>
      {failure !== undefined && <FailureNotice error={failure} />}
      <p className="hint">
        The first admin key was printed once when the mesh first started. No key?{' '}
        <code>devmesh organization register</code> makes an organization with a new one.
      </p>
    </main>
  );
}

/** Other characters could not even be sent in a header. */
function isKeyShaped(text: string): boolean {
  return /^[\w-]{1,200}$/u.test(text);
}
