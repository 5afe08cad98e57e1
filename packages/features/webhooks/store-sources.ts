import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';
import type { KindName, KindSettings } from './kinds/index.ts';

/** What may be changed of a source. */
export interface SourceSettings {
  readonly name: string;
  readonly settings: KindSettings;
  /** How far a signed timestamp may be from now. */
  readonly toleranceSeconds: number;
  readonly enabled: boolean;
  readonly requestsPerMinute: number;
  readonly maximumBodyBytes: number;
}

export interface SourceRow extends SourceSettings {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: KindName;
  /** Sealed. */
  readonly secret: Uint8Array;
  /** The secret before the last rotation, sealed for the same place; valid until then. */
  readonly previousSecret: Uint8Array | null;
  readonly previousSecretUntil: Date | null;
  /** Grows with every change. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const sourceColumns = sql`id, tenant_id as "tenantId", name, kind, settings, secret,
  previous_secret as "previousSecret", previous_secret_until as "previousSecretUntil",
  tolerance_seconds as "toleranceSeconds", enabled, requests_per_minute as "requestsPerMinute",
  maximum_body_bytes as "maximumBodyBytes", revision, created_at as "createdAt", updated_at as "updatedAt"`;

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

type NewSource = SourceSettings & Pick<SourceRow, 'id' | 'kind' | 'secret'>;

/** Inserts a source; undefined where the name is taken. */
export async function insertSource(tx: Tx, source: NewSource): Promise<SourceRow | undefined> {
  const { rows } = await sql<SourceRow>`
    insert into mcp.webhook_sources (tenant_id, id, name, kind, settings, secret, tolerance_seconds, enabled,
                                     requests_per_minute, maximum_body_bytes)
    values (${ownTenant}, ${source.id}, ${source.name}, ${source.kind}, ${JSON.stringify(source.settings)}::jsonb,
            ${source.secret}, ${source.toleranceSeconds}, ${source.enabled},
            ${source.requestsPerMinute}, ${source.maximumBodyBytes})
    on conflict (tenant_id, name) do nothing returning ${sourceColumns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectSources(tx: Tx, after: string | undefined, limit: number): Promise<readonly SourceRow[]> {
  const { rows } = await sql<SourceRow>`
    select ${sourceColumns} from mcp.webhook_sources
    where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** One source. */
export async function selectSource(tx: Tx, id: string): Promise<SourceRow | undefined> {
  return (await selectSourcesById(tx, [id]))[0];
}

/** The sources that exist of these; of whichever tenant in the job that receives webhooks. */
export async function selectSourcesById(tx: Tx, ids: readonly string[]): Promise<readonly SourceRow[]> {
  const { rows } = await sql<SourceRow>`
    select ${sourceColumns} from mcp.webhook_sources where id = any (${ids}::uuid[])`.execute(tx);
  return rows;
}

const columnOf = {
  name: (value) => sql`name = ${value}`,
  settings: (value) => sql`settings = ${JSON.stringify(value)}::jsonb`,
  toleranceSeconds: (value) => sql`tolerance_seconds = ${value}`,
  enabled: (value) => sql`enabled = ${value}`,
  requestsPerMinute: (value) => sql`requests_per_minute = ${value}`,
  maximumBodyBytes: (value) => sql`maximum_body_bytes = ${value}`,
} satisfies Record<keyof SourceSettings, (value: unknown) => RawBuilder<unknown>>;

/** Changes what is given; undefined when there is no such source. A taken name breaks `webhook_sources_tenant_id_name_key`. */
export async function updateSource(
  tx: Tx,
  id: string,
  changes: { readonly [Field in keyof SourceSettings]?: SourceSettings[Field] | undefined },
): Promise<SourceRow | undefined> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (given.length === 0) return selectSource(tx, id);
  const assignments = given.map(([field, value]) => columnOf[field as keyof SourceSettings](value));
  const { rows } = await sql<SourceRow>`
    update mcp.webhook_sources set ${sql.join(assignments)} where id = ${id} returning ${sourceColumns}`.execute(tx);
  return rows[0];
}

/** Puts a new secret in place of the present one, which stays valid for the grace; undefined when there is no such source. */
export async function replaceSecret(
  tx: Tx,
  { id, secret, graceSeconds }: { readonly id: string; readonly secret: Uint8Array; readonly graceSeconds: number },
): Promise<SourceRow | undefined> {
  const stays = graceSeconds > 0;
  const { rows } = await sql<SourceRow>`
    update mcp.webhook_sources
    set secret = ${secret},
        previous_secret = case when ${stays}::boolean then secret end,
        previous_secret_until = case when ${stays}::boolean then now() + make_interval(secs => ${graceSeconds}::double precision) end
    where id = ${id} returning ${sourceColumns}`.execute(tx);
  return rows[0];
}

/** Ends the grace of the previous secret; undefined when there is no such source. */
export async function dropPreviousSecret(tx: Tx, id: string): Promise<SourceRow | undefined> {
  const { rows } = await sql<SourceRow>`
    update mcp.webhook_sources set previous_secret = null, previous_secret_until = null
    where id = ${id} returning ${sourceColumns}`.execute(tx);
  return rows[0];
}

/** Deletes a source; the one that it was, or undefined. */
export async function deleteSource(tx: Tx, id: string): Promise<SourceRow | undefined> {
  const { rows } = await sql<SourceRow>`
    delete from mcp.webhook_sources where id = ${id} returning ${sourceColumns}`.execute(tx);
  return rows[0];
}
