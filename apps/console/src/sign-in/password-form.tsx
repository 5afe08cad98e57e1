import { useState, type SubmitEvent } from 'react';
import { Field } from '../layout/field.tsx';
import { textOf } from '../layout/form-text.ts';
import { keepOrganization, readOrganization } from '../session/credential-storage.ts';
import { anonymousClient, type Credential } from '../session/session.ts';
import { ProviderButton } from './provider-button.tsx';

interface PasswordFormProps {
  readonly onSignedIn: (credential: Credential) => void;
  readonly onFailure: (failure: unknown) => void;
}

/** Signs in with what was typed; whether that is under way. */
function usePasswordSignIn({ onSignedIn, onFailure }: PasswordFormProps) {
  const [checking, setChecking] = useState(false);
  const check = async (form: FormData) => {
    setChecking(true);
    onFailure(undefined);
    const organization = textOf(form, 'organization');
    const typed = form.get('password');
    // Blanks at its ends belong to a password.
    const password = typeof typed === 'string' ? typed : '';
    try {
      const body = { organization, email: textOf(form, 'email'), password, session: 'cookie' } as const;
      await anonymousClient().signIn.password({ body });
      keepOrganization(organization);
      onSignedIn({ kind: 'cookie' });
    } catch (error) {
      onFailure(error);
      setChecking(false);
    }
  };
  return { checking, check };
}

/** Asks for organization, address and password; offers the organization's identity provider where it has one. */
export function PasswordForm(props: PasswordFormProps) {
  const [organization, setOrganization] = useState(readOrganization);
  const { checking, check } = usePasswordSignIn(props);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void check(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit} aria-label="Sign in">
      <Field label="Organization" hint="Its short name, e.g. acme-corp.">
        {(field) => (
          <input
            {...field}
            name="organization"
            autoComplete="organization"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={organization}
            onChange={(event) => {
              setOrganization(event.currentTarget.value);
            }}
            // The page has this one purpose.
            autoFocus={organization === ''}
          />
        )}
      </Field>
      <ProviderButton organization={organization.trim()} onFailure={props.onFailure} />
      <Field label="E-mail address">
        {(field) => (
          <input
            {...field}
            name="email"
            type="email"
            autoComplete="username"
            required
            autoFocus={organization !== ''}
          />
        )}
      </Field>
      <Field label="Password">
        {(field) => <input {...field} name="password" type="password" autoComplete="current-password" required />}
      </Field>
      <button className="button button--primary" type="submit" disabled={checking}>
        {checking ? 'Checking …' : 'Sign in'}
      </button>
    </form>
  );
}
