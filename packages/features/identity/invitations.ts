import { scopesOfRole, type Role } from '@devmesh/api';
import { MeshError, type Clock, type NewId, type Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { checkNewPassword } from './password-rules.ts';
import type { PasswordHasher } from './password.ts';
import { actorOf, type Principal } from './principal.ts';
import { readSettings } from './settings.ts';
import {
  acceptInvitation,
  countOpenInvitations,
  deleteEndedInvitations,
  insertInvitation,
  revokeInvitation,
  revokeInvitationOf,
  selectInvitations,
  selectOpenInvitation,
  selectTenantOfInvitation,
  type InvitationRow,
} from './store-invitations.ts';
import { lockKey } from './store-keys.ts';
import { lockOrganization, selectOrganization, type OrganizationRow } from './store-organizations.ts';
import { insertUser, selectUser, selectUserByEmail, type UserRow } from './store-users.ts';
import { hashToken, isInvitationToken, newToken } from './token.ts';
import { checkAuthority, coversRole } from './user-rules.ts';

interface InvitationsOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly passwords: PasswordHasher;
}

interface InvitationRequest {
  readonly email: string;
  readonly role: Role;
  readonly days: number;
}

/** A new invitation with its token, which exists in clear only here. */
export interface IssuedInvitation {
  readonly invitation: InvitationRow;
  readonly token: Secret;
}

interface AcceptanceRequest {
  readonly token: string;
  readonly name: string;
  readonly password?: Secret | undefined;
}

interface Accepted {
  readonly organization: OrganizationRow;
  readonly user: UserRow;
}

/** Invitations of people into an organization. No mail is sent: who invites hands the token over. */
export interface Invitations {
  /**
   * Invites an address, in the place of an open invitation that it may have. Throws `forbidden` for a role that may do more
   * than the caller, `conflict` where the address has a user, or where too many invitations are open.
   */
  invite(
    principal: Principal,
    request: InvitationRequest,
    commit: (tx: Tx, issued: IssuedInvitation) => Promise<void>,
  ): Promise<IssuedInvitation>;
  /** Newest first; of those that ended, the ones of the last 90 days. */
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<InvitationRow>>;
  /** Throws `not_found`, and `invalid_state` for one that was accepted. */
  revoke(principal: Principal, invitationId: string): Promise<InvitationRow>;
  /**
   * Makes whoever holds the token a user, once. Throws `not_found` alike for a token that is unknown, used, revoked or expired,
   * or whose inviter could not invite so any more.
   */
  accept(request: AcceptanceRequest): Promise<Accepted>;
}

const day = 86_400_000;
const mostOpen = 500;
const keptDays = 90;

/** Builds the invitations. */
export function createInvitations(options: InvitationsOptions): Invitations {
  const { database, audit, clock } = options;
  return {
    invite: (principal, request, commit) => invite(options, { principal, request, commit }),
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectInvitations(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    revoke: (principal, invitationId) =>
      database.tenant(principal.tenantId, async (tx) => {
        const row = await revokeInvitation(tx, invitationId, new Date(clock.now()));
        if (row === undefined) throw new MeshError('not_found', `There is no invitation ${invitationId}.`);
        if (row.acceptedAt !== null)
          throw new MeshError('invalid_state', 'The invitation was accepted; remove the user.');
        await audit.record(tx, { actor: actorOf(principal), action: 'users.revokeInvitation', subject: invitationId });
        return row;
      }),
    accept: (request) => accept(options, request),
  };
}

interface InvitationCall {
  readonly principal: Principal;
  readonly request: InvitationRequest;
  readonly commit: (tx: Tx, issued: IssuedInvitation) => Promise<void>;
}

async function invite(options: InvitationsOptions, call: InvitationCall): Promise<IssuedInvitation> {
  const { principal, request, commit } = call;
  const { tenantId, userId } = principal;
  const { email, role, days } = request;
  const now = new Date(options.clock.now());
  checkAuthority(principal, role);
  return options.database.tenant(tenantId, async (tx) => {
    await makeRoom(tx, email, now);
    const token = newToken('invite');
    const invitation = await insertInvitation(tx, {
      tenantId,
      id: options.newId(),
      email,
      role,
      hash: hashToken(token.open()),
      expiresAt: new Date(now.getTime() + days * day),
      invitedByUser: userId,
      invitedByKey: userId === undefined ? principal.keyId : undefined,
    });
    if (invitation === undefined) throw new MeshError('internal', 'An invitation that was in the way was not revoked.');
    const detail = { email, role };
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'users.invite',
      subject: invitation.id,
      detail,
    });
    const issued = { invitation, token };
    await commit(tx, issued);
    return issued;
  });
}

/** Two that invite the same address at once wait for each other. */
async function makeRoom(tx: Tx, email: string, now: Date): Promise<void> {
  await lockOrganization(tx);
  if ((await selectUserByEmail(tx, email)) !== undefined) {
    throw new MeshError('conflict', `There is a user with the address ${email} already.`);
  }
  await deleteEndedInvitations(tx, new Date(now.getTime() - keptDays * day));
  await revokeInvitationOf(tx, email, now);
  if ((await countOpenInvitations(tx, now)) >= mostOpen) {
    throw new MeshError('conflict', `There are ${String(mostOpen)} open invitations; revoke some first.`);
  }
}

async function accept(options: InvitationsOptions, { token, name, password }: AcceptanceRequest): Promise<Accepted> {
  const { database, clock, newId, passwords } = options;
  if (!isInvitationToken(token)) throw notOpen();
  const hash = hashToken(token);
  const tenantId = await database.system('authenticate', (tx) => selectTenantOfInvitation(tx, hash));
  if (tenantId === undefined) throw notOpen();
  const now = new Date(clock.now());
  await database.tenant(tenantId, async (tx) => {
    const { invitation, organization } = await open(tx, { tenantId, hash, now });
    checkPassword(password, { name, email: invitation.email, organization });
  });
  // Only for who holds an open invitation: a hash is dear. And outside of any transaction: it takes its time.
  const passwordHash = password === undefined ? undefined : await passwords.hash(password);
  return database.tenant(tenantId, async (tx) => {
    const userId = newId();
    const { invitation, organization } = await open(tx, { tenantId, hash, now });
    if ((await acceptInvitation(tx, hash, { userId, now })) === undefined) throw notOpen();
    const { email, role } = invitation;
    const user = await insertUser(tx, { tenantId, id: userId, email, name, role, passwordHash });
    if (user === undefined) throw new MeshError('conflict', `There is a user with the address ${email} already.`);
    await options.audit.record(tx, {
      actor: `user:${userId}`,
      action: 'users.acceptInvitation',
      subject: invitation.id,
      detail: { email, role },
    });
    return { organization, user };
  });
}

interface Opening {
  readonly tenantId: string;
  readonly hash: Buffer;
  readonly now: Date;
}

async function open(
  tx: Tx,
  { tenantId, hash, now }: Opening,
): Promise<{ invitation: InvitationRow; organization: OrganizationRow }> {
  const invitation = await selectOpenInvitation(tx, hash, now);
  const organization = await selectOrganization(tx, tenantId);
  if (invitation === undefined || organization === undefined || organization.deletingAt !== null) throw notOpen();
  if (!(await mayStillInvite(tx, invitation))) throw notOpen();
  return { invitation, organization };
}

/** Who was removed, disabled or given a lesser role since leaves no way in behind; nor does a key that was revoked. */
async function mayStillInvite(tx: Tx, invitation: InvitationRow): Promise<boolean> {
  const { invitedByUser, invitedByKey, role } = invitation;
  if (invitedByUser !== null) {
    const inviter = await selectUser(tx, invitedByUser);
    return inviter?.status === 'active' && coversRole(scopesOfRole[inviter.role], role);
  }
  return invitedByKey !== null && (await lockKey(tx, invitedByKey))?.revokedAt === null;
}

function notOpen(): MeshError {
  return new MeshError('not_found', 'There is no open invitation with this token; ask for a new one.');
}

interface Newcomer {
  readonly name: string;
  readonly email: string;
  readonly organization: OrganizationRow;
}

function checkPassword(password: Secret | undefined, { name, email, organization }: Newcomer): void {
  if (password === undefined) return;
  if (!readSettings(organization.settings).passwordSignIn) {
    const message = 'must be left out: the organization lets nobody sign in with a password';
    throw new MeshError('invalid_request', `password ${message}.`, { issues: [{ path: 'body.password', message }] });
  }
  checkNewPassword(password, [name, email, organization.slug, organization.name]);
}
