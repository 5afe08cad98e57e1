import { useEffect, useState } from 'react';
import { keepOrganization } from '../session/credential-storage.ts';
import { anonymousClient } from '../session/session.ts';

interface ProviderButtonProps {
  readonly organization: string;
  readonly onFailure: (failure: unknown) => void;
}

const pauseMilliseconds = 300;

/** Leads to the identity provider of the organization, where it has one. */
export function ProviderButton({ organization, onFailure }: ProviderButtonProps) {
  const name = useProviderName(organization);
  const [leaving, setLeaving] = useState(false);
  if (name === undefined) return null;
  const leave = async () => {
    setLeaving(true);
    onFailure(undefined);
    try {
      const { url } = await anonymousClient().signIn.startProvider({ body: { organization } });
      keepOrganization(organization);
      globalThis.location.assign(url);
    } catch (error) {
      onFailure(error);
      setLeaving(false);
    }
  };
  return (
    <div className="sign-in__provider">
      <button className="button button--primary" type="button" disabled={leaving} onClick={() => void leave()}>
        {leaving ? 'Going there …' : `Sign in with ${name}`}
      </button>
      <p className="sign-in__or">
        <span>or with a password</span>
      </p>
    </div>
  );
}

/** The provider's name, asked for once the organization's has been typed. */
function useProviderName(organization: string): string | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly name: string | undefined }>();
  useEffect(() => {
    if (!/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/u.test(organization)) return undefined;
    const stop = new AbortController();
    const ask = async () => {
      try {
        const { provider } = await anonymousClient().signIn.options(
          { query: { organization } },
          { signal: stop.signal },
        );
        setFound({ of: organization, name: provider?.name });
      } catch {
        // Without an answer there is still the password, whose failure tells more.
        setFound(undefined);
      }
    };
    const timer = setTimeout(() => void ask(), pauseMilliseconds);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [organization]);
  return found?.of === organization ? found.name : undefined;
}
