import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { readToolOf, type Definition } from './definition.ts';
import type { EffectiveTool } from './effective.ts';
import type { ReadTool } from '../reading/reader-messages.ts';

/** What is stored of a definition, without its large parts. */
export interface KnownDefinition {
  readonly key: string;
  /** As it is exposed. */
  readonly name: string;
  /** As it would be without an override. */
  readonly baseName: string;
  readonly pin: string | null;
  readonly shaping: string | null;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
}

/** A row to be written. */
export interface DefinitionRow {
  readonly base: ReadTool;
  readonly effective: EffectiveTool;
  readonly pin: string | null;
  readonly shaping: string | null;
}

/** All that is stored of a service's definitions, by key. */
export async function selectKnown(tx: Tx, toolId: string): Promise<readonly KnownDefinition[]> {
  const { rows } = await sql<KnownDefinition>`
    select key, name, coalesce(base ->> 'name', name) as "baseName", pin, shaping,
           method, path, tags
    from mcp.tool_operations where tool_id = ${toolId} order by key`.execute(tx);
  return rows;
}

/** Whose the names are, as they are exposed or would be without an override. */
export async function selectOwners(
  tx: Tx,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly toolId: string; readonly key: string }[]> {
  const { rows } = await sql<{ name: string; toolId: string; key: string }>`
    select name, tool_id as "toolId", key from mcp.tool_operations where name = any(${[...names]}::text[])
    union all
    select base ->> 'name', tool_id, key from mcp.tool_operations
    where base is not null and base ->> 'name' = any(${[...names]}::text[])`.execute(tx);
  return rows;
}

type StoredDefinition = Definition & { readonly pin: string | null };

/** The definitions as their source gave them, by key. */
export async function selectBase(
  tx: Tx,
  toolId: string,
  keys: readonly string[],
): Promise<readonly { readonly tool: ReadTool; readonly pin: string | null }[]> {
  const { rows } = await sql<StoredDefinition>`
    select key, pin,
      coalesce(base ->> 'name', name) as name, coalesce(base ->> 'title', title) as title,
      coalesce(base ->> 'description', description) as description,
      method, path, server_url as server, coalesce(base -> 'inputSchema', input_schema) as "inputSchema",
      output_schema as "outputSchema", security, binding, annotations, tags
    from mcp.tool_operations where tool_id = ${toolId} and key = any(${[...keys]}::text[]) order by key`.execute(tx);
  return rows.map(({ pin, ...definition }) => ({ tool: readToolOf(definition), pin }));
}

const rowsPerStatement = 100;

/** Writes definitions, many at once; a reason for hiding that is none of the organization's settings stays. */
export async function upsertDefinitions(tx: Tx, toolId: string, rows: readonly DefinitionRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const values = rows.slice(start, start + rowsPerStatement).map((row) => valuesOf(toolId, row));
    await sql`
      insert into mcp.tool_operations as o
        (tenant_id, key, name, tool_id, title, description, method, path, server_url, input_schema, output_schema, security,
         binding, annotations, tags, hidden_reason, hidden_by, exposure, preset, pin, shaping, base, listed)
      values ${sql.join(values)}
      on conflict (tenant_id, tool_id, key) do update set
        name = excluded.name, title = excluded.title, description = excluded.description, method = excluded.method,
        path = excluded.path, server_url = excluded.server_url, input_schema = excluded.input_schema,
        output_schema = excluded.output_schema, security = excluded.security, binding = excluded.binding,
        annotations = excluded.annotations, tags = excluded.tags,
        hidden_reason = case when excluded.hidden_reason is not null then excluded.hidden_reason
                             when o.hidden_by is null then o.hidden_reason
                             else o.lacking end,
        hidden_by = excluded.hidden_by, exposure = excluded.exposure, preset = excluded.preset, pin = excluded.pin,
        shaping = excluded.shaping, base = excluded.base`.execute(tx);
  }
}

function valuesOf(toolId: string, { base, effective, pin, shaping }: DefinitionRow) {
  const tool = effective;
  return sql`(current_setting('app.tenant_id')::uuid, ${tool.key}, ${tool.name}, ${toolId}::uuid, ${tool.title},
    ${tool.description}, ${tool.method}, ${tool.path}, ${tool.server}, ${tool.inputSchema}::jsonb,
    ${tool.outputSchema}::jsonb, ${tool.security}::jsonb, ${tool.binding}::jsonb, ${tool.annotations}::jsonb,
    ${[...tool.tags]}::text[], ${tool.hiddenReason}::text, ${tool.hiddenBy}::text, ${tool.exposure}, ${tool.preset}::jsonb,
    ${pin}::text, ${shaping}::text, ${changedPartsOf(base, effective)}::jsonb,
    (select t.listing = 'all' from mcp.tool_configurations t where t.id = ${toolId}::uuid))`;
}

/** The parts that an override shows otherwise, as JSON text; null where it shows none otherwise. */
function changedPartsOf(base: ReadTool, effective: EffectiveTool): string | null {
  const texts = (['name', 'title', 'description'] as const)
    .filter((part) => base[part] !== effective[part])
    .map((part) => `${JSON.stringify(part)}:${JSON.stringify(base[part])}`);
  const schema = base.inputSchema === effective.inputSchema ? [] : [`"inputSchema":${base.inputSchema}`];
  const parts = [...texts, ...schema];
  return parts.length === 0 ? null : `{${parts.join(',')}}`;
}

/** Gives rows that are about to get other names one that nothing has, so that two can exchange theirs. */
export async function parkNames(tx: Tx, toolId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    update mcp.tool_operations set name = 'renamed_' || md5(tool_id::text || ' ' || key)
    where tool_id = ${toolId} and key = any(${[...keys]}::text[])`.execute(tx);
}

/** Removes definitions by key. */
export async function deleteDefinitions(tx: Tx, toolId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    delete from mcp.tool_operations where tool_id = ${toolId} and key = any(${[...keys]}::text[])`.execute(tx);
}

/** Stores how many definitions the service has. */
export async function updateCount(tx: Tx, toolId: string): Promise<void> {
  await sql`
    update mcp.tool_configurations t set operation_count =
      (select count(*)::int from mcp.tool_operations o where o.tenant_id = t.tenant_id and o.tool_id = t.id)
    where t.id = ${toolId}`.execute(tx);
}
