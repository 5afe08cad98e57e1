import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface KeyRow {
  readonly number: number;
  readonly fingerprint: string;
  readonly note: string;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

/** The keys of the tenant, oldest first. */
export async function selectKeys(tx: Tx): Promise<readonly KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    select number, fingerprint, note, created_at as "createdAt", retired_at as "retiredAt"
    from mcp.audit_keys where tenant_id = current_setting('app.tenant_id')::uuid order by number`.execute(tx);
  return rows;
}

export interface SigningKeyRow extends KeyRow {
  readonly privateKey: Buffer | null;
}

/** The key that signs now. A signature holds it `for share`, so that nobody signs with it after it was taken over. */
export async function lockSigningKey(tx: Tx, lock: 'share' | 'update'): Promise<SigningKeyRow | undefined> {
  const { rows } = await sql<SigningKeyRow>`
    select number, fingerprint, note, private_key as "privateKey", created_at as "createdAt", retired_at as "retiredAt"
    from mcp.audit_keys where tenant_id = current_setting('app.tenant_id')::uuid and retired_at is null
    order by number desc limit 1 ${lock === 'share' ? sql`for share` : sql`for update`}`.execute(tx);
  return rows[0];
}

interface NewKey {
  readonly number: number;
  readonly fingerprint: string;
  readonly note: string;
  readonly privateKey: Buffer;
}

/** Adds a key; false where another transaction added one of that number. */
export async function insertKey(tx: Tx, key: NewKey): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.audit_keys (tenant_id, number, fingerprint, note, private_key)
    values (current_setting('app.tenant_id')::uuid, ${key.number}, ${key.fingerprint}, ${key.note}, ${key.privateKey})
    on conflict (tenant_id, number) do nothing returning number`.execute(tx);
  return rows.length === 1;
}

/** Ends a key: its private part is forgotten. */
export async function retireKey(tx: Tx, number: number): Promise<void> {
  await sql`
    update mcp.audit_keys set retired_at = now(), private_key = null
    where tenant_id = current_setting('app.tenant_id')::uuid and number = ${number}`.execute(tx);
}

export type CheckpointKind = 'regular' | 'cut';

export interface CheckpointRow {
  readonly seq: number;
  readonly note: string;
  readonly at: Date;
}

export async function insertCheckpoint(
  tx: Tx,
  checkpoint: { readonly seq: number; readonly kind: CheckpointKind; readonly note: string },
): Promise<void> {
  await sql`
    insert into mcp.audit_checkpoints (tenant_id, seq, kind, note)
    values (current_setting('app.tenant_id')::uuid, ${checkpoint.seq}, ${checkpoint.kind}, ${checkpoint.note})
    on conflict (tenant_id, seq, kind) do nothing`.execute(tx);
}

/** The last cut of a tenant, as the job reads it or the tenant itself. */
export async function selectCut(tx: Tx, tenantId: string): Promise<CheckpointRow | undefined> {
  const { rows } = await sql<CheckpointRow>`
    select seq, note, at from mcp.audit_checkpoints
    where tenant_id = ${tenantId} and kind = 'cut' order by seq desc limit 1`.execute(tx);
  return rows[0];
}

/** The regular checkpoints after a place, up to another, by place. */
export async function selectCheckpoints(
  tx: Tx,
  { after, until, limit }: { readonly after: number; readonly until: number; readonly limit: number },
): Promise<readonly CheckpointRow[]> {
  const { rows } = await sql<CheckpointRow>`
    select seq, note, at from mcp.audit_checkpoints
    where tenant_id = current_setting('app.tenant_id')::uuid and kind = 'regular' and seq > ${after} and seq <= ${until}
    order by seq limit ${limit}`.execute(tx);
  return rows;
}

/** Tenants, after one of them, whose chain has gone on since their latest checkpoint. Runs in the job. */
export async function selectTenantsToSign(
  tx: Tx,
  {
    after,
    olderThanSeconds,
    entries,
    limit,
  }: {
    readonly after: string | undefined;
    readonly olderThanSeconds: number;
    readonly entries: number;
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const { rows } = await sql<{ tenantId: string }>`
    select organization.id as "tenantId"
    from mcp.organizations as organization
    cross join lateral (
      select seq from mcp.audit_chain as link where link.tenant_id = organization.id order by seq desc limit 1) as head
    left join lateral (
      select seq, at from mcp.audit_checkpoints as signed
      where signed.tenant_id = organization.id order by seq desc limit 1) as last on true
    where (${after ?? null}::uuid is null or organization.id > ${after ?? null}::uuid)
      and head.seq > coalesce(last.seq, 0)
      and (last.at is null or last.at < now() - make_interval(secs => ${olderThanSeconds})
           or head.seq >= last.seq + ${entries})
    order by organization.id limit ${limit}`.execute(tx);
  return rows.map(({ tenantId }) => tenantId);
}
