import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { readToolOf, type Definition } from '../definitions/definition.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import type { Finding } from './compare-definitions.ts';

/** A definition that a service offers and that calls do not use yet. */
export interface DriftRow {
  readonly key: string;
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  readonly kind: 'breaking' | 'held';
  readonly status: 'waiting' | 'rejected';
  readonly findings: readonly Finding[];
  readonly noticedAt: Date;
  readonly appliesAt: Date | null;
  /** Of the definition that calls use. */
  readonly pin: string | null;
  /** Of the one that is offered. */
  readonly offeredPin: string | null;
  /** Whether the time for it has come. */
  readonly due: boolean;
}

const columns = sql`d.key, d.name, d.change, d.kind, d.status, d.findings, d.noticed_at as "noticedAt", d.applies_at as "appliesAt",
  o.pin, d.pin as "offeredPin", coalesce(d.status = 'waiting' and d.applies_at <= now(), false) as due`;

/** By key, at most 5,000. */
export async function selectDrift(tx: Tx, toolId: string): Promise<readonly DriftRow[]> {
  const { rows } = await sql<DriftRow>`
    select ${columns} from mcp.tool_drift d
    left join mcp.tool_operations o on o.tenant_id = d.tenant_id and o.tool_id = d.tool_id and o.key = d.key
    where d.tool_id = ${toolId} order by d.key limit 5000`.execute(tx);
  return rows;
}

/** What is offered in place of definitions; those that are removed are not among them. */
export async function selectOffered(tx: Tx, toolId: string, keys: readonly string[]): Promise<readonly ReadTool[]> {
  const { rows } = await sql<{ definition: Definition }>`
    select definition from mcp.tool_drift
    where tool_id = ${toolId} and definition is not null and key = any(${[...keys]}::text[])`.execute(tx);
  return rows.map(({ definition }) => readToolOf(definition));
}

/** A change that begins to wait. */
export interface NewDrift {
  readonly key: string;
  readonly name: string;
  readonly change: DriftRow['change'];
  readonly kind: DriftRow['kind'];
  readonly findings: readonly Finding[];
  readonly definition: Definition | undefined;
  readonly pin: string | null;
}

const rowsPerStatement = 100;

/** Stores changes that begin to wait, in place of what waited for the same keys. */
export async function upsertDrift(
  tx: Tx,
  toolId: string,
  { rows, graceHours }: { readonly rows: readonly NewDrift[]; readonly graceHours: number },
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const values = rows.slice(start, start + rowsPerStatement).map((row) => {
      const definition = row.definition === undefined ? null : JSON.stringify(row.definition);
      return sql`(current_setting('app.tenant_id')::uuid, ${toolId}::uuid, ${row.key}, ${row.name}, ${row.change}, ${row.kind},
        ${JSON.stringify(row.findings)}::jsonb, ${definition}::jsonb, ${row.pin}::text,
        case when ${row.kind} = 'breaking' then now() + make_interval(hours => ${graceHours}::int) end)`;
    });
    await sql`
      insert into mcp.tool_drift (tenant_id, tool_id, key, name, change, kind, findings, definition, pin, applies_at)
      values ${sql.join(values)}
      on conflict (tenant_id, tool_id, key) do update set
        name = excluded.name, change = excluded.change, kind = excluded.kind, status = 'waiting',
        findings = excluded.findings, definition = excluded.definition, pin = excluded.pin,
        noticed_at = now(), applies_at = excluded.applies_at`.execute(tx);
  }
}

/** Forgets what waited for these keys. */
export async function deleteDrift(tx: Tx, toolId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`delete from mcp.tool_drift where tool_id = ${toolId} and key = any(${[...keys]}::text[])`.execute(tx);
}

/** Keeps what calls use; how many changes that were. Null: of all keys. */
export async function rejectDrift(tx: Tx, toolId: string, keys: readonly string[] | null): Promise<number> {
  const { rows } = await sql`
    update mcp.tool_drift set status = 'rejected'
    where tool_id = ${toolId} and status = 'waiting' and (${keys === null} or key = any(${[...(keys ?? [])]}::text[]))
    returning key`.execute(tx);
  return rows.length;
}

/** Where the time of changes has come, across organizations. */
export async function selectDueDrift(
  tx: Tx,
  limit: number,
): Promise<readonly { readonly tenantId: string; readonly toolId: string }[]> {
  const { rows } = await sql<{ tenantId: string; toolId: string }>`
    select distinct tenant_id as "tenantId", tool_id as "toolId" from mcp.tool_drift
    where status = 'waiting' and applies_at <= now() limit ${limit}`.execute(tx);
  return rows;
}
