import type { Scope } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** What a person lets a client do at a resource. */
export interface GrantRow {
  readonly id: string;
  readonly userId: string;
  /** The short name of the client. */
  readonly client: string;
  readonly clientName: string;
  /** The address of the client's document; null for one that registered. */
  readonly clientUrl: string | null;
  readonly redirectHost: string;
  readonly resource: string;
  readonly scopes: Scope[];
  readonly createdAt: Date;
  /** When the person consented last. */
  readonly consentedAt: Date;
}

const columns = sql`id, user_id as "userId", client, client_name as "clientName", client_url as "clientUrl",
  redirect_host as "redirectHost", resource, scopes, created_at as "createdAt", consented_at as "consentedAt"`;

type NewGrant = Omit<GrantRow, 'createdAt' | 'consentedAt' | 'scopes'> & {
  readonly scopes: readonly Scope[];
  readonly now: Date;
};

/** Notes a consent, in place of an earlier one of the same person to the same client and resource. */
export async function upsertGrant(tx: Tx, grant: NewGrant): Promise<GrantRow> {
  const { rows } = await sql<GrantRow>`
    insert into mcp.authorization_grants
      (tenant_id, id, user_id, client, client_name, client_url, redirect_host, resource, scopes, created_at, consented_at)
    values (current_setting('app.tenant_id')::uuid, ${grant.id}, ${grant.userId}, ${grant.client}, ${grant.clientName},
      ${grant.clientUrl}, ${grant.redirectHost}, ${grant.resource}, ${[...grant.scopes]}::text[], ${grant.now}, ${grant.now})
    on conflict (tenant_id, user_id, client, resource) do update set
      client_name = excluded.client_name, client_url = excluded.client_url, redirect_host = excluded.redirect_host,
      scopes = excluded.scopes, consented_at = excluded.consented_at
    returning ${columns}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('an upsert returned no row');
  return row;
}

interface GrantPage {
  /** Absent: everybody's. */
  readonly userId: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Newest first, one more than `limit`. */
export async function selectGrants(tx: Tx, { userId, after, limit }: GrantPage): Promise<readonly GrantRow[]> {
  const { rows } = await sql<GrantRow>`
    select ${columns} from mcp.authorization_grants
    where (${userId ?? null}::uuid is null or user_id = ${userId ?? null}::uuid)
      and (${after ?? null}::uuid is null or id < ${after ?? null}::uuid)
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** A grant; undefined where there is none, or it is not that of the given user. */
export async function selectGrant(tx: Tx, id: string, userId: string | undefined): Promise<GrantRow | undefined> {
  const { rows } = await sql<GrantRow>`
    select ${columns} from mcp.authorization_grants
    where id = ${id} and (${userId ?? null}::uuid is null or user_id = ${userId ?? null}::uuid)`.execute(tx);
  return rows[0];
}

/** Takes a consent back, with its codes; whether it was there. */
export async function deleteGrant(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.authorization_grants where id = ${id} returning id`.execute(tx);
  return rows.length === 1;
}

interface NewCode {
  readonly hash: Buffer;
  readonly grantId: string;
  readonly scopes: readonly Scope[];
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly expiresAt: Date;
}

/** Stores a code; old ones of the organization go. */
export async function insertCode(tx: Tx, code: NewCode, forgottenBefore: Date): Promise<void> {
  await sql`delete from mcp.authorization_codes where expires_at < ${forgottenBefore}`.execute(tx);
  await sql`
    insert into mcp.authorization_codes (tenant_id, code_hash, grant_id, scopes, redirect_uri, code_challenge, expires_at)
    values (current_setting('app.tenant_id')::uuid, ${code.hash}, ${code.grantId}, ${[...code.scopes]}::text[],
      ${code.redirectUri}, ${code.codeChallenge}, ${code.expiresAt})`.execute(tx);
}

/** A code with what was granted. */
export interface CodeRow {
  readonly userId: string;
  readonly grantId: string;
  readonly client: string;
  readonly resource: string;
  readonly scopes: Scope[];
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly expiresAt: Date;
  /** Whether somebody brought it before. */
  readonly used: boolean;
  /** The sign-in that it gave. */
  readonly signInId: string | null;
}

/**
 * Uses a code up, right or wrong, and returns it as it was before; undefined where there is none. Two that bring it at once
 * wait for each other, so the second finds it used.
 */
export async function useCode(tx: Tx, hash: Buffer, now: Date): Promise<CodeRow | undefined> {
  const { rows } = await sql<CodeRow>`
    select g.user_id as "userId", g.id as "grantId", g.client, g.resource, c.scopes, c.redirect_uri as "redirectUri",
      c.code_challenge as "codeChallenge", c.expires_at as "expiresAt", c.used_at is not null as used,
      c.sign_in_id as "signInId"
    from mcp.authorization_codes c join mcp.authorization_grants g on g.tenant_id = c.tenant_id and g.id = c.grant_id
    where c.code_hash = ${hash} for update of c`.execute(tx);
  await sql`
    update mcp.authorization_codes set used_at = ${now} where code_hash = ${hash} and used_at is null`.execute(tx);
  return rows[0];
}

/** Notes which sign-in a code gave, so that it can be ended when the code comes again. */
export async function noteSignIn(tx: Tx, hash: Buffer, signInId: string): Promise<void> {
  await sql`update mcp.authorization_codes set sign_in_id = ${signInId} where code_hash = ${hash}`.execute(tx);
}
