import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { KindName } from './kinds/index.ts';
import type { Rule } from './rules.ts';

export interface SourceRow {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly kind: KindName;
  readonly secret: Uint8Array;
  readonly rules: Rule[];
  readonly createdAt: Date;
}

const sourceColumns = sql`id, tenant_id as "tenantId", name, kind, secret, rules, created_at as "createdAt"`;

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

/** Inserts a source; undefined where the name is taken. */
export async function insertSource(
  tx: Tx,
  source: Pick<SourceRow, 'id' | 'name' | 'kind' | 'secret'> & { readonly rules: readonly Rule[] },
): Promise<SourceRow | undefined> {
  const { rows } = await sql<SourceRow>`
    insert into mcp.webhook_sources (tenant_id, id, name, kind, secret, rules)
    values (${ownTenant}, ${source.id}, ${source.name}, ${source.kind}, ${source.secret}, ${JSON.stringify(source.rules)}::jsonb)
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

/** One source; of whichever tenant in the job that receives webhooks. */
export async function selectSource(tx: Tx, id: string): Promise<SourceRow | undefined> {
  const { rows } = await sql<SourceRow>`select ${sourceColumns} from mcp.webhook_sources where id = ${id}`.execute(tx);
  return rows[0];
}
