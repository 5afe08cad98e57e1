import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { SetCandidate, ToolSetDefinition } from './tool-set.ts';

export interface ToolSetRow {
  readonly name: string;
  readonly definition: ToolSetDefinition;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = sql`name, definition, created_at as "createdAt", updated_at as "updatedAt"`;

export async function selectToolSet(tx: Tx, name: string): Promise<ToolSetRow | undefined> {
  const { rows } = await sql<ToolSetRow>`select ${columns} from mcp.tool_sets where name = ${name}`.execute(tx);
  return rows[0];
}

/** By name, one more than `limit`. */
export async function selectToolSets(tx: Tx, after: string | undefined, limit: number): Promise<readonly ToolSetRow[]> {
  const { rows } = await sql<ToolSetRow>`
    select ${columns} from mcp.tool_sets
    where ${after ?? null}::text is null or name > ${after ?? ''}::text order by name limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function upsertToolSet(tx: Tx, name: string, definition: ToolSetDefinition): Promise<ToolSetRow> {
  const { rows } = await sql<ToolSetRow>`
    insert into mcp.tool_sets (tenant_id, name, definition)
    values (current_setting('app.tenant_id')::uuid, ${name}, ${JSON.stringify(definition)}::jsonb)
    on conflict (tenant_id, name) do update set definition = excluded.definition, updated_at = now()
    returning ${columns}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('the tool set was not stored');
  return row;
}

/** False where there was none. */
export async function deleteToolSet(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.tool_sets where name = ${name} returning name`.execute(tx);
  return rows.length > 0;
}

/** The tools that have one of the names, with or without that of their service. */
export async function selectCandidates(tx: Tx, names: readonly string[]): Promise<readonly SetCandidate[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<SetCandidate>`
    select o.name, t.name as service, o.tags, o.annotations
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.hidden_reason is null and o.name in (
      select n.name from unnest(${[...names]}::text[]) as n (name)
      union
      select s.name || '_' || n.name from mcp.tool_configurations s, unnest(${[...names]}::text[]) as n (name))`.execute(
    tx,
  );
  return rows;
}
