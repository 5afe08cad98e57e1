import { MeshError, type Clock, type NewId, type Secret } from '@devmesh/foundation';
import { scopes as allScopes, type KeyType, type Scope } from '@devmesh/api';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { actorOf, type Principal } from './principal.ts';
import { grantScopes, isLive, isUseWorthNoting } from './rules.ts';
import {
  insertKey,
  insertOrganization,
  revokeKey,
  selectKeyByHash,
  selectKeys,
  selectOrganization,
  touchKey,
  type KeyRow,
  type OrganizationRow,
} from './store.ts';
import { hashToken, isToken, newToken, prefixOf } from './token.ts';

interface IdentityOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
}

interface KeyRequest {
  readonly name: string;
  readonly type: KeyType;
  readonly scopes?: readonly Scope[] | undefined;
  readonly agentId?: string | undefined;
  readonly expiresAt?: string | undefined;
}

/** A new key with its token, which exists in clear only here. */
export interface IssuedKey {
  readonly key: KeyRow;
  readonly token: Secret;
}

/** Organizations and the keys that act in them. */
export interface Identity {
  /** Registers an organization with its first admin key. Throws `conflict` when the slug is taken. */
  register(request: { slug: string; name: string }): Promise<{ organization: OrganizationRow; adminKey: IssuedKey }>;
  /** Who a token is. Throws `unauthenticated` for an unknown, revoked or expired one, without telling which. */
  authenticate(token: string | undefined): Promise<Principal>;
  organization(tenantId: string): Promise<OrganizationRow>;
  /** Issues a key; `commit` runs in the same transaction. */
  createKey(
    principal: Principal,
    request: KeyRequest,
    commit: (tx: Tx, issued: IssuedKey) => Promise<void>,
  ): Promise<IssuedKey>;
  listKeys(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<KeyRow>>;
  revokeKey(principal: Principal, keyId: string): Promise<KeyRow>;
}

/** Builds the identity feature. */
export function createIdentity(options: IdentityOptions): Identity {
  const { database, audit } = options;
  return {
    register: (request) => register(options, request),
    authenticate: (token) => authenticate(options, token),
    organization: async (tenantId) => {
      const row = await database.tenant(tenantId, (tx) => selectOrganization(tx, tenantId));
      if (row === undefined) throw new MeshError('not_found', 'The organization does not exist any more.');
      return row;
    },
    createKey: (principal, request, commit) => createKey(options, { principal, request, commit }),
    listKeys: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(principal.tenantId, (tx) => selectKeys(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    revokeKey: (principal, keyId) =>
      database.tenant(principal.tenantId, async (tx) => {
        const row = await revokeKey(tx, keyId);
        if (row === undefined) throw new MeshError('not_found', `There is no key ${keyId}.`);
        await audit.record(tx, { actor: actorOf(principal), action: 'identity.revokeKey', subject: keyId });
        return row;
      }),
  };
}

async function register(
  options: IdentityOptions,
  request: { slug: string; name: string },
): Promise<{ organization: OrganizationRow; adminKey: IssuedKey }> {
  const id = options.newId();
  return options.database.tenant(id, async (tx) => {
    const organization = await insertOrganization(tx, { id, ...request });
    if (organization === undefined) throw new MeshError('conflict', `The slug "${request.slug}" is taken.`);
    const adminKey = await issue(options, tx, {
      tenantId: id,
      request: { name: 'first admin key', type: 'admin' },
      scopes: allScopes,
    });
    await options.audit.record(tx, {
      actor: `key:${adminKey.key.id}`,
      action: 'identity.registerOrganization',
      subject: id,
    });
    return { organization, adminKey };
  });
}

async function authenticate(options: IdentityOptions, token: string | undefined): Promise<Principal> {
  const refusal = new MeshError('unauthenticated', 'The request has no key that is known and valid.');
  if (token === undefined || !isToken(token)) throw refusal;
  const key = await options.database.system('authenticate', async (tx) => {
    const row = await selectKeyByHash(tx, hashToken(token));
    if (row !== undefined && isLive(row, options.clock.now()) && isUseWorthNoting(row, options.clock.now())) {
      await touchKey(tx, row.id);
    }
    return row;
  });
  if (key === undefined || !isLive(key, options.clock.now())) throw refusal;
  return {
    tenantId: key.tenantId,
    keyId: key.id,
    keyType: key.type,
    scopes: key.scopes,
    agentId: key.agentId ?? undefined,
  };
}

interface KeyCreation {
  readonly principal: Principal;
  readonly request: KeyRequest;
  readonly commit: (tx: Tx, issued: IssuedKey) => Promise<void>;
}

async function createKey(options: IdentityOptions, { principal, request, commit }: KeyCreation): Promise<IssuedKey> {
  const scopes = grantScopes(principal, request, options.clock.now());
  return options.database.tenant(principal.tenantId, async (tx) => {
    const issued = await issue(options, tx, { tenantId: principal.tenantId, request, scopes });
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

async function issue(
  options: IdentityOptions,
  tx: Tx,
  { tenantId, request, scopes }: { tenantId: string; request: KeyRequest; scopes: readonly Scope[] },
): Promise<IssuedKey> {
  const token = newToken(request.type);
  const key = await insertKey(tx, {
    id: options.newId(),
    tenantId,
    name: request.name,
    type: request.type,
    prefix: prefixOf(token.open()),
    hash: hashToken(token.open()),
    scopes,
    agentId: request.agentId,
    expiresAt: request.expiresAt,
  });
  if (key === undefined) throw new MeshError('not_found', `There is no agent ${request.agentId ?? ''}.`);
  return { key, token };
}
