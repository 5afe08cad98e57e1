import { createHash } from 'node:crypto';
import { MeshError, type NewId, type Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { settingsIn, type PasswordHasher } from '../identity/index.ts';
import type { SignIns, Tokens } from './sign-ins.ts';
import { renewHash, selectPersonByEmail, selectTenantBySlug, type PersonRow } from './store-people.ts';
import type { SignInThrottle } from './throttle.ts';

interface PasswordSignInOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly newId: NewId;
  readonly signIns: SignIns;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
  /** Where its access tokens are for. */
  readonly audience: () => string;
}

interface PasswordRequest {
  readonly organization: string;
  readonly email: string;
  readonly password: Secret;
  readonly client: 'console' | 'cli';
  readonly address: string | undefined;
  readonly headers: Headers;
}

/** Signs people in with their password. */
export interface PasswordSignIn {
  /**
   * Opens a sign-in. Throws `unauthenticated`, alike in words and in work, for an organization, a person or a password that
   * is wrong, for a person who has none or is disabled, and where the organization lets nobody in by password; `rate_limited` for too many attempts.
   */
  signIn(request: PasswordRequest): Promise<Tokens>;
}

/** Builds the sign-in with passwords. */
export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  return { signIn: (request) => signIn(options, request) };
}

async function signIn(options: PasswordSignInOptions, request: PasswordRequest): Promise<Tokens> {
  const { organization, email, password, address, headers } = request;
  await options.throttle.attempt({ account: `${organization}\n${email}`, address, headers });
  const { tenantId, person, open } = await find(options, organization, email);
  const stored = open && person?.status === 'active' ? (person.passwordHash ?? undefined) : undefined;
  const { matches, outdated } = await options.passwords.verify(stored, password);
  if (tenantId === undefined || person === undefined || stored === undefined || !matches) {
    if (tenantId !== undefined) await recordFailure(options, { tenantId, person, email });
    throw new MeshError('unauthenticated', 'The organization, the e-mail address or the password is wrong.');
  }
  if (outdated) await renew(options, { tenantId, userId: person.id, from: stored, password });
  const opened = { tenantId, userId: person.id, client: request.client, audience: options.audience() };
  return options.signIns.start(opened, (tx, { signInId }) =>
    options.audit.record(tx, {
      actor: `user:${person.id}`,
      action: 'signIn.password',
      subject: signInId,
      detail: { client: request.client },
    }),
  );
}

/** Asks as much about an organization that does not exist as about one that does. */
async function find({ database, newId }: PasswordSignInOptions, organization: string, email: string) {
  const tenantId = await database.system('authenticate', (tx) => selectTenantBySlug(tx, organization));
  const asked = tenantId ?? newId();
  const { person, settings } = await database.tenant(asked, async (tx) => ({
    person: await selectPersonByEmail(tx, email),
    settings: await settingsIn(tx, asked),
  }));
  return { tenantId, person, open: settings?.passwordSignIn ?? false };
}

interface Failure {
  readonly tenantId: string;
  readonly person: PersonRow | undefined;
  readonly email: string;
}

async function recordFailure({ database, audit }: PasswordSignInOptions, { tenantId, person, email }: Failure) {
  await database.tenant(tenantId, (tx) =>
    audit.record(tx, {
      actor: 'anonymous',
      action: 'signIn.password',
      subject: person === undefined ? `email:${digest(email)}` : `user:${person.id}`,
      outcome: 'denied',
    }),
  );
}

/** Whoever mistypes may have typed a password into the wrong field, so the trail of a stranger holds no text of theirs. */
function digest(email: string): string {
  return createHash('sha256').update(email, 'utf8').digest('hex').slice(0, 12);
}

interface Renewal {
  readonly tenantId: string;
  readonly userId: string;
  readonly from: string;
  readonly password: Secret;
}

async function renew({ database, passwords }: PasswordSignInOptions, renewal: Renewal): Promise<void> {
  const { tenantId, userId, from, password } = renewal;
  const to = await passwords.hash(password);
  await database.tenant(tenantId, (tx) => renewHash(tx, { userId, from, to }));
}
