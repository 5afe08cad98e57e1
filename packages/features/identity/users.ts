import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { actorOf, type Principal } from './principal.ts';
import type { PrincipalCache } from './principal-cache.ts';
import { lockOrganization } from './store-organizations.ts';
import { countOtherOwners, deleteUser, selectUser, selectUsers, updateUser, type UserRow } from './store-users.ts';
import { checkChange, type UserChange } from './user-rules.ts';

interface UsersOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly principals: PrincipalCache;
}

/** The people of an organization. Each change is audited, and holds for their keys and sign-ins at once. */
export interface Users {
  /** Newest first. */
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<UserRow>>;
  /** Throws `not_found`. */
  get(principal: Principal, userId: string): Promise<UserRow>;
  /**
   * Renames, gives a role, disables or enables. Throws `forbidden` where the role, before or after, may do more than the caller,
   * `invalid_state` where no active owner would be left.
   */
  change(principal: Principal, userId: string, change: Exclude<UserChange, { kind: 'remove' }>): Promise<UserRow>;
  /** Removes a user with their keys and sign-ins, under the same conditions. */
  remove(principal: Principal, userId: string): Promise<void>;
}

/** Builds the users. */
export function createUsers(options: UsersOptions): Users {
  const { database, principals } = options;
  const changing = <Result>(
    principal: Principal,
    about: { readonly userId: string; readonly change: UserChange },
    act: (tx: Tx, user: UserRow) => Promise<Result>,
  ): Promise<Result> =>
    principals.change(principal.tenantId, () =>
      database.tenant(principal.tenantId, async (tx) => act(tx, await admit(options, tx, { principal, ...about }))),
    );
  return {
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectUsers(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    get: ({ tenantId }, userId) => database.tenant(tenantId, (tx) => existing(tx, userId)),
    change: (principal, userId, change) =>
      changing(principal, { userId, change }, async (tx) => {
        return (await updateUser(tx, userId, change)) ?? Promise.reject(noUser(userId));
      }),
    remove: (principal, userId) =>
      changing(principal, { userId, change: { kind: 'remove' } }, (tx) => deleteUser(tx, userId)),
  };
}

interface AskedChange {
  readonly principal: Principal;
  readonly userId: string;
  readonly change: UserChange;
}

/** The user, if the caller may change them so. Changes of an organization's users wait for each other: two owners cannot undo each other. */
async function admit(
  { audit, events }: UsersOptions,
  tx: Tx,
  { principal, userId, change }: AskedChange,
): Promise<UserRow> {
  await lockOrganization(tx);
  const user = await existing(tx, userId);
  checkChange(principal, user, { change, otherOwners: await countOtherOwners(tx, userId) });
  const { kind, ...detail } = change;
  await audit.record(tx, {
    actor: actorOf(principal),
    action: actions[kind],
    subject: userId,
    detail: { ...detail, before: { role: user.role, status: user.status } },
  });
  await events.publish(tx, { type: 'access.changed', subjectId: userId, summary: 'What a person may do changed' });
  return user;
}

const actions = {
  rename: 'users.rename',
  role: 'users.setRole',
  status: 'users.setStatus',
  remove: 'users.remove',
} as const;

async function existing(tx: Tx, userId: string): Promise<UserRow> {
  return (await selectUser(tx, userId)) ?? Promise.reject(noUser(userId));
}

function noUser(userId: string): MeshError {
  return new MeshError('not_found', `There is no user ${userId}.`);
}
