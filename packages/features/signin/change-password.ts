import { MeshError, type Clock, type Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, checkNewPassword, type PasswordHasher, type Principal } from '../identity/index.ts';
import type { SignIns } from './sign-ins.ts';
import { replacePassword, selectPerson } from './store-people.ts';
import type { SignInThrottle } from './throttle.ts';

interface ChangePasswordOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signIns: SignIns;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
}

interface PasswordChangeRequest {
  readonly password: Secret;
  readonly newPassword: Secret;
  readonly address: string | undefined;
  readonly headers: Headers;
}

/** Changes passwords that people know. */
export interface PasswordChange {
  /**
   * Changes the password of the person who signed in, who proves the present one, and ends their other sign-ins. Throws
   * `forbidden` where the present one is wrong, `invalid_state` where there is none or the caller is a key.
   */
  change(principal: Principal, request: PasswordChangeRequest): Promise<void>;
}

/** Builds the change of passwords. */
export function createPasswordChange(options: ChangePasswordOptions): PasswordChange {
  return { change: (principal, request) => change(options, principal, request) };
}

async function change(
  options: ChangePasswordOptions,
  principal: Principal,
  request: PasswordChangeRequest,
): Promise<void> {
  const { database, passwords, throttle } = options;
  const { tenantId, userId, via } = principal;
  if (userId === undefined || via !== 'sign-in') {
    throw new MeshError('invalid_state', 'Only a person who signed in can change their password.');
  }
  await throttle.attempt({ account: `${tenantId}\n${userId}`, address: request.address, headers: request.headers });
  const person = await database.tenant(tenantId, (tx) => selectPerson(tx, userId));
  const { matches } = await passwords.verify(person?.passwordHash ?? undefined, request.password);
  if (person?.passwordHash === null)
    throw new MeshError('invalid_state', 'You sign in elsewhere and have no password.');
  if (person === undefined || !matches) throw new MeshError('forbidden', 'The present password is wrong.');
  checkNewPassword(request.newPassword, [person.email, person.name]);
  const to = await passwords.hash(request.newPassword);
  await store(options, principal, { userId, from: person.passwordHash, to });
}

interface Stored {
  readonly userId: string;
  readonly from: string;
  readonly to: string;
}

async function store(
  { audit, clock, signIns }: ChangePasswordOptions,
  principal: Principal,
  { userId, from, to }: Stored,
) {
  const { tenantId, keyId } = principal;
  const actor = actorOf(principal);
  await signIns.revokeAllOfUser({ tenantId, userId, reason: 'password_changed', actor, except: keyId }, async (tx) => {
    if (!(await replacePassword(tx, { userId, from, to, now: new Date(clock.now()) }))) {
      throw new MeshError('conflict', 'The password was changed by another request in this moment.');
    }
    await audit.record(tx, { actor, action: 'signIn.changePassword', subject: userId });
  });
}
