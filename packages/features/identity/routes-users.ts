import { operations, type ResponseOf } from '@devmesh/api';
import { Secret, type Clock } from '@devmesh/foundation';
import { route, type Route } from '../routing.ts';
import type { IssuedInvitation } from './invitations.ts';
import type { Identity } from './service.ts';
import type { InvitationRow } from './store-invitations.ts';
import type { UserRow } from './store-users.ts';

interface UserRoutesOptions {
  readonly identity: Identity;
  readonly clock: Clock;
}

/** The routes of users and invitations. */
export function userRoutes({ identity, clock }: UserRoutesOptions): readonly Route[] {
  const { users } = identity;
  return [
    route(operations.users.list, async ({ principal, query }) => {
      const page = await users.list(principal, query);
      return { ...page, items: page.items.map(presentUser) };
    }),
    route(operations.users.get, async ({ principal, params }) =>
      presentUser(await users.get(principal, params.userId)),
    ),
    route(operations.users.rename, async ({ principal, params, body }) =>
      presentUser(await users.change(principal, params.userId, { kind: 'rename', ...body })),
    ),
    route(operations.users.setRole, async ({ principal, params, body }) =>
      presentUser(await users.change(principal, params.userId, { kind: 'role', ...body })),
    ),
    route(operations.users.disable, async ({ principal, params }) =>
      presentUser(await users.change(principal, params.userId, { kind: 'status', status: 'disabled' })),
    ),
    route(operations.users.enable, async ({ principal, params }) =>
      presentUser(await users.change(principal, params.userId, { kind: 'status', status: 'active' })),
    ),
    route(operations.users.remove, async ({ principal, params }) => {
      await users.remove(principal, params.userId);
      return undefined;
    }),
    ...invitationRoutes(identity, clock),
  ];
}

function invitationRoutes({ invitations }: Identity, clock: Clock): readonly Route[] {
  const presentInvited = ({ invitation, token }: IssuedInvitation): ResponseOf<typeof operations.users.invite> => ({
    invitation: presentInvitation(invitation, clock.now()),
    token: token.open(),
  });
  return [
    route(operations.users.invite, async ({ principal, body, remember }) =>
      presentInvited(await invitations.invite(principal, body, (tx, issued) => remember(tx, presentInvited(issued)))),
    ),
    route(operations.users.listInvitations, async ({ principal, query }) => {
      const page = await invitations.list(principal, query);
      return { ...page, items: page.items.map((row) => presentInvitation(row, clock.now())) };
    }),
    route(operations.users.revokeInvitation, async ({ principal, params }) =>
      presentInvitation(await invitations.revoke(principal, params.invitationId), clock.now()),
    ),
    route(operations.users.acceptInvitation, async ({ body: { token, name, password } }) => {
      const { organization, user } = await invitations.accept({
        token,
        name,
        password: password === undefined ? undefined : new Secret(password),
      });
      const { id, slug } = organization;
      return { organization: { id, slug, name: organization.name }, user: presentUser(user) };
    }),
  ];
}

function presentUser(row: UserRow): ResponseOf<typeof operations.users.get> {
  const { id, email, name, role, status, hasPassword, lastSignedInAt } = row;
  const base = { id, email, name, role, status, hasPassword, createdAt: row.createdAt.toISOString() };
  return lastSignedInAt === null ? base : { ...base, lastSignedInAt: lastSignedInAt.toISOString() };
}

function presentInvitation(row: InvitationRow, now: number): ResponseOf<typeof operations.users.revokeInvitation> {
  const { id, email, role, invitedByUser, invitedByKey } = row;
  return {
    id,
    email,
    role,
    status: statusOf(row, now),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    invitedBy: invitedByUser === null ? `key:${invitedByKey ?? ''}` : `user:${invitedByUser}`,
  };
}

function statusOf({ acceptedAt, revokedAt, expiresAt }: InvitationRow, now: number) {
  if (acceptedAt !== null) return 'accepted';
  if (revokedAt !== null) return 'revoked';
  return expiresAt.getTime() > now ? 'open' : 'expired';
}
