import { scopesOfRole, type Role } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from './principal.ts';
import type { UserRow, UserStatus } from './store-users.ts';

/** What is to become of a user. */
export type UserChange =
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'role'; readonly role: Role }
  | { readonly kind: 'status'; readonly status: UserStatus }
  | { readonly kind: 'remove' };

type Subject = Pick<UserRow, 'role' | 'status'>;

/** Refuses to hand out a role, or to touch who has one, that may do anything that the caller may not. */
export function checkAuthority(principal: Pick<Principal, 'scopes'>, role: Role): void {
  if (coversRole(principal.scopes, role)) return;
  throw new MeshError(
    'forbidden',
    `The role ${role} may do more than this credential, which therefore cannot deal with it.`,
  );
}

/** Whether scopes are all that a role may do. */
export function coversRole(scopes: Principal['scopes'], role: Role): boolean {
  return scopesOfRole[role].every((scope) => scopes.includes(scope));
}

/** Refuses a change of a user that the caller has no authority for, and one that leaves the organization without an active owner. */
export function checkChange(
  principal: Pick<Principal, 'scopes'>,
  subject: Subject,
  { change, otherOwners }: { readonly change: UserChange; readonly otherOwners: number },
): void {
  checkAuthority(principal, subject.role);
  if (change.kind === 'role') checkAuthority(principal, change.role);
  if (isActiveOwner(subject) && !isActiveOwner(after(subject, change)) && otherOwners === 0) {
    throw new MeshError('invalid_state', 'This is the last active owner: make somebody else an owner first.');
  }
}

function isActiveOwner(subject: Subject | undefined): boolean {
  return subject?.role === 'owner' && subject.status === 'active';
}

function after(subject: Subject, change: UserChange): Subject | undefined {
  if (change.kind === 'remove') return undefined;
  if (change.kind === 'role') return { ...subject, role: change.role };
  return change.kind === 'status' ? { ...subject, status: change.status } : subject;
}
