import { MeshError } from '@devmesh/api';
import { useState, type SubmitEvent } from 'react';
import { Field } from '../layout/field.tsx';
import { textOf } from '../layout/form-text.ts';
import { clientFor, type Credential, type Principal } from '../session/session.ts';

interface KeyFormProps {
  readonly onAccepted: (credential: Credential, principal: Principal) => void;
  readonly onFailure: (failure: unknown) => void;
}

/** Asks for an API key and hands it on once the platform has accepted it. */
export function KeyForm({ onAccepted, onFailure }: KeyFormProps) {
  const [checking, setChecking] = useState(false);
  const check = async (key: string) => {
    setChecking(true);
    onFailure(undefined);
    try {
      if (!isKeyShaped(key)) throw new MeshError('unauthenticated', 'This is not the form of a key.');
      const credential = { kind: 'key', key } as const;
      onAccepted(credential, await clientFor(credential).identity.whoAmI());
    } catch (error) {
      onFailure(error);
      setChecking(false);
    }
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void check(textOf(new FormData(event.currentTarget), 'key'));
  };
  return (
    <>
      <form onSubmit={submit} aria-label="Sign in with a key">
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
      <p className="hint">
        The first admin key was printed once when the mesh first started. No key?{' '}
        <code>devmesh organization register</code> makes an organization with a new one.
      </p>
    </>
  );
}

/** Other characters could not even be sent in a header. */
function isKeyShaped(text: string): boolean {
  return /^[\w-]{1,200}$/u.test(text);
}
