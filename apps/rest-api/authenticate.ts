import type { Identity, Principal } from '@devmesh/features';

interface AuthenticateOptions {
  readonly identity: Identity;
}

/** Who a request acts as, by the credential that it presents; throws `unauthenticated` where that opens nothing. */
export function authenticate({ identity }: AuthenticateOptions, request: Request): Promise<Principal> {
  return identity.authenticate(bearerOf(request));
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer ([\w-]{1,200})$/u.exec(request.headers.get('authorization') ?? '')?.[1];
}
