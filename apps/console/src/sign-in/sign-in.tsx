import { useState } from 'react';
import { Mark } from '../layout/mark.tsx';
import { prefersKey } from '../session/credential-storage.ts';
import type { Credential, Principal } from '../session/session.ts';
import { KeyForm } from './key-form.tsx';
import { PasswordForm } from './password-form.tsx';
import { SignInFailure } from './sign-in-failure.tsx';
import './sign-in.css';

interface SignInProps {
  /** Why the last session ended, if it was not by choice. */
  readonly failure: unknown;
  readonly onAccepted: (credential: Credential, principal: Principal) => void;
  readonly onSignedIn: (credential: Credential) => void;
}

/** Offers the ways in: a password or the organization's identity provider for people, and API keys. */
export function SignIn({ failure: lastFailure, onAccepted, onSignedIn }: SignInProps) {
  const [failure, setFailure] = useState(lastFailure);
  const [byKey, setByKey] = useState(prefersKey);
  const other = () => {
    setFailure(undefined);
    setByKey(!byKey);
  };
  return (
    <main className="gate sign-in">
      <div className="sign-in__brand">
        <Mark />
        <h1>Developer Mesh</h1>
      </div>
      {byKey ? (
        <KeyForm onAccepted={onAccepted} onFailure={setFailure} />
      ) : (
        <PasswordForm onSignedIn={onSignedIn} onFailure={setFailure} />
      )}
      {failure !== undefined && <SignInFailure error={failure} />}
      <p className="sign-in__other">
        <button className="button button--small" type="button" onClick={other}>
          {byKey ? 'Use a password' : 'Use an API key'}
        </button>
      </p>
    </main>
  );
}
