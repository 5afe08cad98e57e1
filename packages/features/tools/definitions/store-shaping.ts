import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { RouteRule } from './route-rules.ts';
import type { Override, Shaping } from './shape.ts';

/** All that the organization says of the definitions of a service. */
export async function selectShaping(tx: Tx, toolId: string): Promise<Shaping> {
  const { rows } = await sql<{ rules: readonly RouteRule[] }>`
    select rules from mcp.tool_route_rules where tool_id = ${toolId} or tool_id is null
    order by tool_id nulls last`.execute(tx);
  const { rows: overrides } = await sql<{ key: string; override: Override }>`
    select key, override from mcp.tool_overrides where tool_id = ${toolId}`.execute(tx);
  return {
    rules: rows.flatMap((row) => row.rules),
    overrides: new Map(overrides.map(({ key, override }) => [key, override])),
  };
}

/** The rules of a service, or without one those for all services. */
export async function selectRules(tx: Tx, toolId: string | null): Promise<readonly RouteRule[]> {
  const { rows } = await sql<{ rules: readonly RouteRule[] }>`
    select rules from mcp.tool_route_rules where tool_id is not distinct from ${toolId}::uuid`.execute(tx);
  return rows[0]?.rules ?? [];
}

interface StoredRules {
  readonly id: string;
  /** Null: for all services. */
  readonly toolId: string | null;
  readonly rules: readonly RouteRule[];
}

/** Replaces the rules of a service, or those for all. */
export async function replaceRules(tx: Tx, { id, toolId, rules }: StoredRules): Promise<void> {
  await sql`delete from mcp.tool_route_rules where tool_id is not distinct from ${toolId}::uuid`.execute(tx);
  await sql`
    insert into mcp.tool_route_rules (tenant_id, id, tool_id, rules)
    values (current_setting('app.tenant_id')::uuid, ${id}, ${toolId}::uuid, ${JSON.stringify(rules)}::jsonb)`.execute(
    tx,
  );
}

/** Stores what the organization changes of an operation. */
export async function upsertOverride(
  tx: Tx,
  { toolId, key, override }: { readonly toolId: string; readonly key: string; readonly override: Override },
): Promise<void> {
  await sql`
    insert into mcp.tool_overrides (tenant_id, tool_id, key, override)
    values (current_setting('app.tenant_id')::uuid, ${toolId}, ${key}, ${JSON.stringify(override)}::jsonb)
    on conflict (tenant_id, tool_id, key) do update set override = excluded.override, updated_at = now()`.execute(tx);
}

/** Forgets what was changed of an operation; false where nothing was. */
export async function deleteOverride(tx: Tx, toolId: string, key: string): Promise<boolean> {
  const { rows } = await sql`
    delete from mcp.tool_overrides where tool_id = ${toolId} and key = ${key} returning key`.execute(tx);
  return rows.length > 0;
}

/** An operation as those see it who decide what becomes of it. */
export interface ShapedOperation {
  readonly key: string;
  readonly name: string;
  readonly sourceName: string;
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly exposure: 'tool' | 'resource';
  readonly hiddenReason: string | null;
  readonly hiddenBy: 'override' | 'rule' | null;
  readonly pin: string | null;
  readonly override: Override | null;
}

const shapedColumns = sql`o.key, o.name, coalesce(o.base ->> 'name', o.name) as "sourceName", o.title, o.method, o.path, o.tags,
  o.exposure, o.hidden_reason as "hiddenReason", o.hidden_by as "hiddenBy", o.pin, v.override`;
const shapedTables = sql`mcp.tool_operations o
  left join mcp.tool_overrides v on v.tenant_id = o.tenant_id and v.tool_id = o.tool_id and v.key = o.key`;

/** By key, one more than `limit`. */
export async function selectOperations(
  tx: Tx,
  toolId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly ShapedOperation[]> {
  const { rows } = await sql<ShapedOperation>`
    select ${shapedColumns} from ${shapedTables}
    where o.tool_id = ${toolId} and (${after ?? null}::text is null or o.key > ${after ?? ''}::text)
    order by o.key limit ${limit + 1}`.execute(tx);
  return rows;
}

/** By key or exposed name; the key counts first. */
export async function selectOperation(tx: Tx, toolId: string, named: string): Promise<ShapedOperation | undefined> {
  const { rows } = await sql<ShapedOperation>`
    select ${shapedColumns} from ${shapedTables}
    where o.tool_id = ${toolId} and (o.key = ${named} or o.name = ${named})
    order by o.key = ${named} desc limit 1`.execute(tx);
  return rows[0];
}

/** The services of the organization. */
export async function selectServices(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select id from mcp.tool_configurations order by id`.execute(tx);
  return rows.map(({ id }) => id);
}
