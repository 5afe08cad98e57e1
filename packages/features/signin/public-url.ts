/** Where people reach the platform: the issuer of its tokens, and where a provider sends them back to. */
export interface PublicUrl {
  /** Origin and path, without a slash at its end. */
  readonly url: () => string;
  /** Whether people reach it over TLS. */
  readonly secure: () => boolean;
  /** Told by the API where it listens; counts where the operator configured nothing. */
  readonly listensAt: (url: string) => void;
}

/** Builds the public URL from PUBLIC_URL, or from where the API listens. */
export function createPublicUrl(configured: string | undefined): PublicUrl {
  let listening = 'http://127.0.0.1:8081';
  const url = (): string => (configured ?? listening).replace(/\/$/u, '');
  return {
    url,
    secure: () => url().startsWith('https:'),
    listensAt: (address) => {
      listening = address;
    },
  };
}
