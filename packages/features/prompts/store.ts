import type { PromptDefinition } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A prompt with the version that clients get. */
export interface PromptRow {
  readonly name: string;
  readonly version: number;
  readonly latestVersion: number;
  readonly definition: PromptDefinition;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VersionRow {
  readonly version: number;
  readonly definition: PromptDefinition;
  readonly createdAt: Date;
}

const columns = sql`p.name, p.version, p.latest_version as "latestVersion", v.definition,
  p.created_at as "createdAt", p.updated_at as "updatedAt"`;
const tables = sql`mcp.prompts p join mcp.prompt_versions v
  on v.tenant_id = p.tenant_id and v.prompt_name = p.name and v.version = p.version`;

export async function selectPrompt(tx: Tx, name: string): Promise<PromptRow | undefined> {
  const { rows } = await sql<PromptRow>`select ${columns} from ${tables} where p.name = ${name}`.execute(tx);
  return rows[0];
}

/** By name, one more than `limit`. */
export async function selectPrompts(tx: Tx, after: string | undefined, limit: number): Promise<readonly PromptRow[]> {
  const { rows } = await sql<PromptRow>`
    select ${columns} from ${tables}
    where ${after ?? null}::text is null or p.name > ${after ?? ''}::text order by p.name limit ${limit + 1}`.execute(
    tx,
  );
  return rows;
}

/** Waits for others who change a prompt of the tenant until they have; how many there are besides this one. */
export async function countOtherPrompts(tx: Tx, name: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(727100187, hashtext(current_setting('app.tenant_id')))`.execute(tx);
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.prompts where name <> ${name}`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Another version, which clients get. */
export async function insertVersion(
  tx: Tx,
  {
    name,
    version,
    definition,
  }: { readonly name: string; readonly version: number; readonly definition: PromptDefinition },
): Promise<void> {
  await sql`
    insert into mcp.prompts (tenant_id, name, version, latest_version)
    values (current_setting('app.tenant_id')::uuid, ${name}, ${version}, ${version})
    on conflict (tenant_id, name) do update
    set version = excluded.version, latest_version = excluded.latest_version, updated_at = now()`.execute(tx);
  await sql`
    insert into mcp.prompt_versions (tenant_id, prompt_name, version, definition)
    values (current_setting('app.tenant_id')::uuid, ${name}, ${version}, ${JSON.stringify(definition)}::jsonb)`.execute(
    tx,
  );
}

/** Forgets versions before the last `kept` ones, save that which clients get. */
export async function deleteOldVersions(tx: Tx, name: string, kept: number): Promise<void> {
  await sql`
    delete from mcp.prompt_versions v using mcp.prompts p
    where p.name = ${name} and v.tenant_id = p.tenant_id and v.prompt_name = p.name
      and v.version <= p.latest_version - ${kept}::integer and v.version <> p.version`.execute(tx);
}

export async function updateActive(tx: Tx, name: string, version: number): Promise<void> {
  await sql`update mcp.prompts set version = ${version}, updated_at = now() where name = ${name}`.execute(tx);
}

export async function selectVersion(tx: Tx, name: string, version: number): Promise<VersionRow | undefined> {
  const { rows } = await sql<VersionRow>`
    select version, definition, created_at as "createdAt" from mcp.prompt_versions
    where prompt_name = ${name} and version = ${version}`.execute(tx);
  return rows[0];
}

/** The latest first, one more than `limit`. */
export async function selectVersions(
  tx: Tx,
  name: string,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly VersionRow[]> {
  const { rows } = await sql<VersionRow>`
    select version, definition, created_at as "createdAt" from mcp.prompt_versions
    where prompt_name = ${name} and (${before ?? null}::integer is null or version < ${before ?? 0}::integer)
    order by version desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** False where there was none. */
export async function deletePrompt(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.prompts where name = ${name} returning name`.execute(tx);
  return rows.length > 0;
}
