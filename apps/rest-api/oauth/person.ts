import type { Identity, Principal, SignIn, SignIns } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import { requireAudience } from '../audience.ts';
import type { SignedInPerson } from './routes.ts';

interface PersonOptions {
  readonly identity: Identity;
  readonly signIns: SignIns;
  readonly signIn: Pick<SignIn, 'cookies' | 'publicUrl'>;
}

/** Who is signed in to the console in the browser that a request comes from; undefined where nobody is. */
export async function personOf(options: PersonOptions, request: Request): Promise<SignedInPerson | undefined> {
  const principal = await principalOf(options, request);
  if (principal?.userId === undefined) return undefined;
  const { tenantId, userId, keyId: signInId } = principal;
  const user = await options.identity.people.byId(tenantId, userId);
  if (user === undefined) return undefined;
  return { tenantId, userId, signInId, role: user.role, name: `${user.name} (${user.email})` };
}

async function principalOf({ signIns, signIn }: PersonOptions, request: Request): Promise<Principal | undefined> {
  const token = signIn.cookies.accessToken(request);
  if (token === undefined) return undefined;
  try {
    const header = (name: string): string | null => request.headers.get(name);
    return requireAudience(await signIns.authenticate(token), header, signIn.publicUrl.url());
  } catch (error) {
    if (error instanceof MeshError && error.code === 'unauthenticated') return undefined;
    throw error;
  }
}
