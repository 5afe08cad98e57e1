import { useState, type SubmitEvent } from 'react';
import { Field } from '../layout/field.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { textOf } from '../layout/form-text.ts';
import { Mark } from '../layout/mark.tsx';
import { issueOf } from '../session/failure.ts';
import { keepOrganization } from '../session/credential-storage.ts';
import { anonymousClient, type Credential } from '../session/session.ts';
import './sign-in.css';

interface InvitationProps {
  readonly token: string;
  readonly onSignedIn: (credential: Credential) => void;
  readonly onLeave: () => void;
}

/** Accepts with what was typed, and signs in with it; who signs in elsewhere goes on to do so. */
function useAcceptance({ token, onSignedIn, onLeave }: InvitationProps) {
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const accept = async (form: FormData, elsewhere: boolean) => {
    setSending(true);
    setFailure(undefined);
    const typed = form.get('password');
    const password = typeof typed === 'string' ? typed : '';
    const client = anonymousClient();
    try {
      const body = { token, name: textOf(form, 'name'), ...(elsewhere ? {} : { password }) };
      const { organization, user } = await client.users.acceptInvitation({ body });
      keepOrganization(organization.slug);
      if (elsewhere) {
        onLeave();
        return;
      }
      const { slug } = organization;
      await client.signIn.password({ body: { organization: slug, email: user.email, password, session: 'cookie' } });
      onSignedIn({ kind: 'cookie' });
    } catch (error) {
      setFailure(error);
      setSending(false);
    }
  };
  return { failure, sending, accept };
}

/** Makes whoever was invited a user, and signs them in. */
export function Invitation(props: InvitationProps) {
  const [elsewhere, setElsewhere] = useState(false);
  const { failure, sending, accept } = useAcceptance(props);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void accept(new FormData(event.currentTarget), elsewhere);
  };

  return (
    <main className="gate sign-in">
      <div className="sign-in__brand">
        <Mark />
        <h1>You are invited</h1>
      </div>
      <form onSubmit={submit} aria-label="Accept the invitation">
        <Field label="Your name" issue={issueOf(failure, 'name')}>
          {(field) => <input {...field} name="name" autoComplete="name" maxLength={200} required autoFocus />}
        </Field>
        {!elsewhere && (
          <Field
            label="Choose a password"
            hint="At least 12 characters; several words that do not belong together are best."
            issue={issueOf(failure, 'password')}
          >
            {(field) => (
              <input {...field} name="password" type="password" autoComplete="new-password" minLength={12} required />
            )}
          </Field>
        )}
        <label className="sign-in__choice">
          <input
            type="checkbox"
            checked={elsewhere}
            onChange={(event) => {
              setElsewhere(event.currentTarget.checked);
            }}
          />
          I sign in at my company’s identity provider
        </label>
        <button className="button button--primary" type="submit" disabled={sending}>
          {sending ? 'One moment …' : 'Accept the invitation'}
        </button>
      </form>
      {failure !== undefined && <FailureNotice error={failure} />}
    </main>
  );
}
