import {
  isUnsafe,
  requireSameOrigin,
  type Identity,
  type Principal,
  type SignIn,
  type SignIns,
} from '@devmesh/features';
import { requireAudience } from './audience.ts';
import type { Incoming } from './incoming.ts';

interface AuthenticateOptions {
  readonly identity: Identity;
  readonly signIns: SignIns;
  readonly signIn: Pick<SignIn, 'cookies' | 'publicUrl'>;
}

/**
 * Who a request acts as, by the credential that it presents; throws `unauthenticated` where that opens nothing. What the
 * Authorization header says counts alone. A cookie, which browsers send by themselves, changes something only for our own pages.
 */
export async function authenticate(
  options: AuthenticateOptions,
  { header, request: requested }: Pick<Incoming, 'header' | 'request'>,
): Promise<Principal> {
  const { identity, signIns, signIn } = options;
  const authorization = header('authorization');
  if (authorization !== null) {
    const credential = bearerOf(authorization);
    if (credential?.includes('.') !== true) return identity.authenticate(credential);
    return requireAudience(await signIns.authenticate(credential), header, signIn.publicUrl.url());
  }
  const request = requested();
  const cookie = signIn.cookies.accessToken(request);
  if (cookie === undefined) return identity.authenticate(undefined);
  if (isUnsafe(request)) requireSameOrigin(request, signIn.publicUrl.url());
  return requireAudience(await signIns.authenticate(cookie), header, signIn.publicUrl.url());
}

/** A key, or an access token, whose parts are separated by dots. */
function bearerOf(authorization: string): string | undefined {
  return /^Bearer ([\w.-]{1,4096})$/u.exec(authorization)?.[1];
}
