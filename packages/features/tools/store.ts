import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Binding } from './calling/binding.ts';
import type { Preset } from './definitions/preset-arguments.ts';
import type { ToolAnnotations } from './reading/annotations.ts';
import type { Security } from './reading/security.ts';
import type { SetSettings } from './resilience/execution.ts';
import type { JsonSchema } from './schema/json-schema.ts';

export interface ToolRow {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly baseUrl: string;
  readonly sourceUrl: string | null;
  readonly operationCount: number;
  readonly hasCredential: boolean;
  readonly createdAt: Date;
}

/** What a service's tools are called by: HTTP as its OpenAPI document says, or MCP. */
export type SourceKind = 'openapi' | 'mcp';

/** An operation as the catalogue shows it. */
export interface OperationRow {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema | null;
  readonly annotations: ToolAnnotations;
  /** The name of its service. */
  readonly service: string;
  readonly method: string;
  readonly tags: readonly string[];
  /** Where its calls go. */
  readonly server: string;
  /** Whether its answers come in pages that it can be asked for. */
  readonly paged: boolean;
}

/** All that one call needs. */
export interface CallableRow {
  readonly toolId: string;
  readonly source: SourceKind;
  readonly name: string;
  readonly service: string;
  readonly annotations: ToolAnnotations;
  readonly tags: readonly string[];
  readonly method: string;
  readonly path: string;
  readonly baseUrl: string;
  readonly serverUrl: string | null;
  readonly inputSchema: JsonSchema;
  /** Differs between any two states of the definition under the same name. */
  readonly version: string;
  /** Arguments that it is called with beside those that are given. */
  readonly preset: Preset | null;
  readonly binding: Binding;
  /** Whether each success is promised to be an object (`outputSchema`). */
  readonly answersObject: boolean;
  /** How its calls may authenticate. */
  readonly security: Security;
  /** Whether calls of different people may go out under different credentials. */
  readonly personal: boolean;
  /** Whether its service has any credential, of the organization or of a person. */
  readonly credentialed: boolean;
  /** How the organization wants calls of the service carried out; null: as by default. */
  readonly execution: SetSettings | null;
}

interface NewTool {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly baseUrl: string;
  readonly sourceUrl: string | undefined;
  /** In hex. */
  readonly sha256: string;
  readonly operationCount: number;
}

/** Inserts the service; false where its name is taken. */
export async function insertTool(tx: Tx, tool: NewTool): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.tool_configurations
      (tenant_id, id, name, title, version, base_url, source_url, document_sha256, operation_count)
    values (current_setting('app.tenant_id')::uuid, ${tool.id}, ${tool.name}, ${tool.title}, ${tool.version}, ${tool.baseUrl},
            ${tool.sourceUrl ?? null}, decode(${tool.sha256}, 'hex'), ${tool.operationCount})
    on conflict (tenant_id, name) do nothing
    returning id`.execute(tx);
  return rows.length > 0;
}

const toolColumns = sql`t.id, t.name, t.title, t.version, t.base_url as "baseUrl", t.source_url as "sourceUrl",
  t.operation_count as "operationCount", t.created_at as "createdAt",
  exists (select 1 from mcp.organization_tools c where c.tenant_id = t.tenant_id and c.tool_id = t.id
          and c.user_id is null) as "hasCredential"`;

export async function selectTool(tx: Tx, id: string): Promise<ToolRow | undefined> {
  const { rows } = await sql<ToolRow>`
    select ${toolColumns} from mcp.tool_configurations t where t.id = ${id}`.execute(tx);
  return rows[0];
}

/** By name, one more than `limit`. */
export async function selectTools(tx: Tx, after: string | undefined, limit: number): Promise<readonly ToolRow[]> {
  const { rows } = await sql<ToolRow>`
    select ${toolColumns} from mcp.tool_configurations t
    where ${after ?? null}::text is null or t.name > ${after ?? ''}::text
    order by t.name limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Deletes a service with all that belongs to it; its name, or undefined where there is none. */
export async function deleteTool(tx: Tx, id: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`
    delete from mcp.tool_configurations where id = ${id} returning name`.execute(tx);
  return rows[0]?.name;
}

/** By name, one more than `limit`. */
export async function selectCatalogue(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly OperationRow[]> {
  const { rows } = await sql<OperationRow>`
    select o.name, o.title, o.description, o.input_schema as "inputSchema", o.output_schema as "outputSchema",
           o.annotations, o.method, o.tags, t.name as service, coalesce(o.server_url, t.base_url) as server,
           (o.binding -> 'paging') is not null as paged
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.hidden_reason is null and o.listed and (${after ?? null}::text is null or o.name > ${after ?? ''}::text)
    order by o.name limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Operations by their names, also those that lists leave out; by name. */
export async function selectOperations(tx: Tx, names: readonly string[]): Promise<readonly OperationRow[]> {
  const { rows } = await sql<OperationRow>`
    select o.name, o.title, o.description, o.input_schema as "inputSchema", o.output_schema as "outputSchema",
           o.annotations, o.method, o.tags, t.name as service, coalesce(o.server_url, t.base_url) as server,
           (o.binding -> 'paging') is not null as paged
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.hidden_reason is null and o.name = any(${[...names]}::text[])
    order by o.name`.execute(tx);
  return rows;
}

/** What one call needs, in one look-up. */
export async function selectCallable(
  tx: Tx,
  name: string,
  exposure: 'tool' | 'resource' = 'tool',
): Promise<CallableRow | undefined> {
  const { rows } = await sql<CallableRow>`
    select o.tool_id as "toolId", t.kind as source, o.name, t.name as service, o.annotations, o.tags, o.method, o.path, t.base_url as "baseUrl", o.server_url as "serverUrl",
           o.input_schema as "inputSchema", coalesce(o.pin, '') || coalesce(o.shaping, '') as version, o.preset, o.binding, o.security,
           o.output_schema is not null as "answersObject",
           exists (select 1 from mcp.organization_tools c where c.tenant_id = o.tenant_id and c.tool_id = o.tool_id
                   and (c.user_id is not null or c.mode = 'user')) as personal,
           exists (select 1 from mcp.organization_tools c where c.tenant_id = o.tenant_id and c.tool_id = o.tool_id) as credentialed, t.execution
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.name = ${name} and case ${exposure} when 'tool' then o.hidden_reason is null
      else o.exposure = 'resource' and o.hidden_by = 'rule' end`.execute(tx);
  return rows[0];
}

/** The names of all tools of the tenant. */
export async function selectNames(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from mcp.tool_operations order by name limit 10000`.execute(
    tx,
  );
  return rows.map(({ name }) => name);
}

/** The services whose calls use each of these OAuth providers, by name. */
export async function selectUsersOfProviders(
  tx: Tx,
  providerIds: readonly string[],
): Promise<readonly { readonly providerId: string; readonly name: string }[]> {
  const { rows } = await sql<{ providerId: string; name: string }>`
    select distinct c.provider_id as "providerId", t.name
    from mcp.organization_tools c
    join mcp.tool_configurations t on t.tenant_id = c.tenant_id and t.id = c.tool_id
    where c.provider_id = any(${[...providerIds]}::uuid[]) order by t.name`.execute(tx);
  return rows;
}
