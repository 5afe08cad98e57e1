import { accessTokenSeconds } from './signing-keys.ts';

/** The cookies that a browser holds a session in; no script sees them, no other site sends them, none goes to a subdomain. */
export interface SessionCookies {
  /** `Set-Cookie` of new tokens. */
  keep(tokens: {
    readonly accessToken: string;
    readonly refreshToken: string;
    readonly refreshSeconds: number;
  }): readonly string[];
  /** `Set-Cookie` that forgets them. */
  forget(): readonly string[];
  accessToken(request: Request): string | undefined;
  refreshToken(request: Request): string | undefined;
  /** `Set-Cookie` of a secret that ties an attempt at the provider to this browser. */
  keepAttempt(secret: string, seconds: number): string;
  forgetAttempt(): string;
  attempt(request: Request): string | undefined;
}

interface Cookie {
  readonly name: string;
  readonly path: string;
}

const longestHeader = 16_384;

/**
 * Builds the cookies. Over TLS the browser itself refuses them elsewhere (`__Host-`, and `__Secure-` for those that go to one
 * path only); over plain HTTP, which is for one's own machine, it would not take such names.
 */
export function createSessionCookies({ secure }: { readonly secure: () => boolean }): SessionCookies {
  const access = (): Cookie => ({ name: secure() ? '__Host-devmesh-access' : 'devmesh-access', path: '/' });
  const refresh = (): Cookie => ({
    name: secure() ? '__Secure-devmesh-refresh' : 'devmesh-refresh',
    path: '/api/v1/sign-in/refresh',
  });
  const attempt = (): Cookie => ({
    name: secure() ? '__Secure-devmesh-attempt' : 'devmesh-attempt',
    path: '/api/v1/sign-in/provider',
  });
  const set = ({ name, path }: Cookie, value: string, seconds: number): string =>
    `${name}=${value}; Path=${path}; Max-Age=${String(seconds)}; HttpOnly; SameSite=Strict${secure() ? '; Secure' : ''}`;
  return {
    keep: ({ accessToken, refreshToken, refreshSeconds }) => [
      set(access(), accessToken, accessTokenSeconds),
      set(refresh(), refreshToken, refreshSeconds),
    ],
    forget: () => [set(access(), '', 0), set(refresh(), '', 0)],
    accessToken: (request) => readCookie(request, access().name),
    refreshToken: (request) => readCookie(request, refresh().name),
    keepAttempt: (secret, seconds) => set(attempt(), secret, seconds),
    forgetAttempt: () => set(attempt(), '', 0),
    attempt: (request) => readCookie(request, attempt().name),
  };
}

/** The value of a cookie. A name that comes twice has none: somebody planted one beside ours. */
function readCookie(request: Request, name: string): string | undefined {
  const header = request.headers.get('cookie') ?? '';
  if (header.length > longestHeader) return undefined;
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  const value = values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
  return value === '' ? undefined : value;
}
