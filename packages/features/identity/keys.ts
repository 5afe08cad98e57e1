import { MeshError, type Clock, type NewId, type Secret } from '@devmesh/foundation';
import type { Scope } from '@devmesh/api';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { checkRotation, expiryOfSuccessor, grantScopes, type KeyRequest } from './key-rules.ts';
import { actorOf, type Principal } from './principal.ts';
import { principalOfKey } from './principal-of-key.ts';
import type { PrincipalCache } from './principal-cache.ts';
import {
  endKeyAt,
  hasSuccessor,
  insertKey,
  lockKey,
  revokeKey,
  selectKeys,
  selectPresentedKey,
  type KeyRow,
  type NewKey,
} from './store-keys.ts';
import { holdActiveUser } from './store-users.ts';
import { hashToken, newToken, prefixOf } from './token.ts';

export interface KeysOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly principals: PrincipalCache;
}

/** A new key with its token, which exists in clear only here. */
export interface IssuedKey {
  readonly key: KeyRow;
  readonly token: Secret;
}

/** Runs in the transaction of a new key. */
type Commit = (tx: Tx, issued: IssuedKey) => Promise<void>;

interface Rotation {
  readonly keyId: string;
  /** How long the old key goes on. */
  readonly overlapSeconds: number;
  /** Whether only the caller's own keys are looked at. */
  readonly own: boolean;
}

/** The API keys of an organization. */
export interface Keys {
  /** Issues a key that belongs to the caller's person, where there is one. */
  createKey(principal: Principal, request: KeyRequest, commit: Commit): Promise<IssuedKey>;
  /** Issues a key of the signed-in person's own. */
  createOwnKey(principal: Principal, request: KeyRequest, commit: Commit): Promise<IssuedKey>;
  listKeys(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<KeyRow>>;
  /** Those of the caller's person. */
  listOwnKeys(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<KeyRow>>;
  /** Whom a key acts as, whether it is live or not. Throws `not_found`. */
  principalOfKey(tenantId: string, keyId: string): Promise<Principal>;
  /** Issues a key in the place of another, which ends after the overlap. */
  rotateKey(principal: Principal, rotation: Rotation, commit: Commit): Promise<IssuedKey>;
  /** Ends a key at once. Where `own`, only one of the caller's person. */
  revokeKey(principal: Principal, keyId: string, options?: { readonly own: boolean }): Promise<KeyRow>;
}

/** Builds the keys. */
export function createKeys(options: KeysOptions): Keys {
  const { database } = options;
  const list = async (
    { tenantId, userId }: { tenantId: string; userId?: string | undefined },
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<Page<KeyRow>> => {
    const after = readCursor(cursor, uuidPosition);
    const rows = await database.tenant(tenantId, (tx) => selectKeys(tx, { after, limit, userId }));
    return cutPage(
      rows,
      limit,
      (row) => row.id,
      (row) => row,
    );
  };
  return {
    createKey: (principal, request, commit) => createKey(options, { principal, request, commit }),
    createOwnKey: async (principal, request, commit) => {
      signedIn(principal);
      return createKey(options, { principal, request, commit });
    },
    listKeys: ({ tenantId }, page) => list({ tenantId }, page),
    listOwnKeys: async ({ tenantId, userId }, page) =>
      userId === undefined ? { items: [] } : list({ tenantId, userId }, page),
    principalOfKey: async (tenantId, keyId) => {
      const key = await database.tenant(tenantId, (tx) => selectPresentedKey(tx, keyId));
      if (key === undefined) throw new MeshError('not_found', `There is no key ${keyId}.`);
      return principalOfKey(key);
    },
    rotateKey: (principal, rotation, commit) => rotate(options, { principal, rotation, commit }),
    revokeKey: (principal, keyId, { own } = { own: false }) => revoke(options, principal, { keyId, own }),
  };
}

/** A leaked key must not be able to make keys that outlive it. */
function signedIn({ via, userId }: Principal): void {
  if (via === 'sign-in' && userId !== undefined) return;
  throw new MeshError('forbidden', 'Only a person who signed in makes keys of their own.');
}

interface KeyCreation {
  readonly principal: Principal;
  readonly request: KeyRequest;
  readonly commit: Commit;
}

async function createKey(options: KeysOptions, { principal, request, commit }: KeyCreation): Promise<IssuedKey> {
  const { tenantId, userId } = principal;
  const scopes = grantScopes(principal, request, options.clock.now());
  return options.database.tenant(tenantId, async (tx) => {
    await holdOwner(tx, userId);
    const issued = await issueKey(options, tx, { tenantId, userId, request, scopes });
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'identity.createKey',
      subject: issued.key.id,
      detail: { type: request.type, name: request.name },
    });
    await commit(tx, issued);
    return issued;
  });
}

/** Somebody who was removed or disabled a moment ago makes no keys any more. */
async function holdOwner(tx: Tx, userId: string | undefined): Promise<void> {
  if (userId === undefined || (await holdActiveUser(tx, userId))) return;
  throw new MeshError('unauthenticated', 'The person that this credential belongs to has ended.');
}

interface Issue {
  readonly tenantId: string;
  readonly userId?: string | undefined;
  readonly request: KeyRequest;
  readonly scopes: readonly Scope[];
}

/** Stores a new key of an organization; throws `not_found` where its agent does not exist. */
export function issueKey(options: Pick<KeysOptions, 'newId'>, tx: Tx, issue: Issue): Promise<IssuedKey> {
  const { tenantId, userId, scopes } = issue;
  const { name, type, agentId, expiresAt, tools } = issue.request;
  return insertIssued(options, tx, {
    tenantId,
    userId,
    scopes,
    name,
    type,
    agentId,
    toolsAllow: tools?.allow,
    toolsDeny: tools?.deny ?? [],
    rotatedFrom: undefined,
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  });
}

async function insertIssued(
  { newId }: Pick<KeysOptions, 'newId'>,
  tx: Tx,
  key: Omit<NewKey, 'id' | 'prefix' | 'hash'>,
): Promise<IssuedKey> {
  const token = newToken(key.type);
  const text = token.open();
  const row = await insertKey(tx, { ...key, id: newId(), prefix: prefixOf(text), hash: hashToken(text) });
  if (row === undefined) throw new MeshError('not_found', `There is no agent ${key.agentId ?? ''}.`);
  return { key: row, token };
}

function noKey(keyId: string): MeshError {
  return new MeshError('not_found', `There is no key ${keyId}.`);
}

/** The key, if the caller may look at it; held until the transaction ends. */
async function holdKey(
  tx: Tx,
  { userId }: Principal,
  { keyId, own }: { keyId: string; own: boolean },
): Promise<KeyRow> {
  const key = await lockKey(tx, keyId);
  if (key === undefined || (own && (userId === undefined || key.userId !== userId))) throw noKey(keyId);
  return key;
}

interface RotationCall {
  readonly principal: Principal;
  readonly rotation: Rotation;
  readonly commit: Commit;
}

function rotate(options: KeysOptions, { principal, rotation, commit }: RotationCall): Promise<IssuedKey> {
  const { database, audit, events, clock, principals } = options;
  const { keyId, overlapSeconds, own } = rotation;
  const work = (): Promise<IssuedKey> =>
    database.tenant(principal.tenantId, async (tx) => {
      if (own) signedIn(principal);
      const key = await holdKey(tx, principal, { keyId, own });
      const now = clock.now();
      checkRotation(principal, key, now);
      if (await hasSuccessor(tx, keyId)) {
        throw new MeshError('invalid_state', 'The key was rotated already; rotate the one that took its place.');
      }
      await holdOwner(tx, key.userId ?? undefined);
      const issued = await insertIssued(options, tx, successorOf(key, now));
      await endKeyAt(tx, keyId, new Date(now + overlapSeconds * 1_000));
      const detail = { newKeyId: issued.key.id, overlapSeconds };
      await audit.record(tx, { actor: actorOf(principal), action: 'identity.rotateKey', subject: keyId, detail });
      await events.publish(tx, { type: 'access.changed', subjectId: keyId, summary: 'A key was rotated' });
      await commit(tx, issued);
      return issued;
    });
  return principals.change(principal.tenantId, work);
}

function successorOf(key: KeyRow, now: number): Omit<NewKey, 'id' | 'prefix' | 'hash'> {
  const { tenantId, name, type, scopes, toolsDeny } = key;
  return {
    tenantId,
    name,
    type,
    scopes,
    agentId: key.agentId ?? undefined,
    userId: key.userId ?? undefined,
    toolsAllow: key.toolsAllow ?? undefined,
    toolsDeny,
    rotatedFrom: key.id,
    expiresAt: expiryOfSuccessor(key, now),
  };
}

function revoke(
  { database, audit, events, principals }: KeysOptions,
  principal: Principal,
  which: { readonly keyId: string; readonly own: boolean },
): Promise<KeyRow> {
  const { keyId } = which;
  return principals.change(principal.tenantId, () =>
    database.tenant(principal.tenantId, async (tx) => {
      await holdKey(tx, principal, which);
      const row = await revokeKey(tx, keyId);
      if (row === undefined) throw noKey(keyId);
      await audit.record(tx, { actor: actorOf(principal), action: 'identity.revokeKey', subject: keyId });
      await events.publish(tx, { type: 'access.changed', subjectId: keyId, summary: 'A key was revoked' });
      return row;
    }),
  );
}
