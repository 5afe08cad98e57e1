import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ToolAnnotations } from '../reading/annotations.ts';
import type { SearchableTool } from './searchable.ts';

/** A tool as search finds and decides on it. */
export interface SearchRow extends SearchableTool {
  readonly annotations: ToolAnnotations;
  /** Where its calls go. */
  readonly server: string;
}

/** How far the tools of an organization are embedded. */
export interface SearchState {
  readonly revision: string;
  readonly embeddedRevision: string;
}

/** Undefined where nothing was ever noted: there are no tools, or they are older than the noting. */
export async function selectSearchState(tx: Tx): Promise<SearchState | undefined> {
  const { rows } = await sql<SearchState>`
    select revision::text, embedded_revision::text as "embeddedRevision" from mcp.tool_search_state`.execute(tx);
  return rows[0];
}

/** Notes that an organization has tools, where it has any and nothing is noted. */
export async function noteTools(tx: Tx): Promise<void> {
  await sql`
    insert into mcp.tool_search_state (tenant_id)
    select current_setting('app.tenant_id')::uuid where exists (select from mcp.tool_operations)
    on conflict (tenant_id) do nothing`.execute(tx);
}

/** By name, after one of them. */
export async function selectSearchRows(tx: Tx, after: string, limit: number): Promise<readonly SearchRow[]> {
  const { rows } = await sql<SearchRow>`
    select o.name, o.title, left(o.description, 1000) as description, t.name as service, o.method, o.path, o.tags,
           o.annotations, coalesce(o.server_url, t.base_url) as server,
           array(select jsonb_object_keys(case when jsonb_typeof(o.input_schema -> 'properties') = 'object'
             then o.input_schema -> 'properties' else '{}' end) limit 60) as parameters
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.hidden_reason is null and o.name > ${after}
    order by o.name limit ${limit}`.execute(tx);
  return rows;
}

/** The embeddings that are there, by digest, as the numbers' text. */
export async function selectEmbeddings(
  tx: Tx,
  model: string,
  digests: readonly string[],
): Promise<readonly { readonly digest: string; readonly embedding: string }[]> {
  const { rows } = await sql<{ digest: string; embedding: string }>`
    select digest, embedding::text from mcp.tool_search
    where model = ${model} and digest = any(${[...digests]}::text[])`.execute(tx);
  return rows;
}

/** Which of the digests have no embedding. */
export async function selectMissing(tx: Tx, model: string, digests: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ digest: string }>`
    select wanted.digest from unnest(${[...digests]}::text[]) as wanted (digest)
    where not exists (select from mcp.tool_search s where s.model = ${model} and s.digest = wanted.digest)`.execute(tx);
  return rows.map(({ digest }) => digest);
}

/** An embedded text. */
export interface Embedded {
  readonly digest: string;
  readonly embedding: Float32Array;
}

export async function insertEmbeddings(tx: Tx, model: string, embedded: readonly Embedded[]): Promise<void> {
  const rows = embedded.map(
    ({ digest, embedding }) =>
      sql`(current_setting('app.tenant_id')::uuid, ${model}, ${digest}, ${JSON.stringify([...embedding])}::vector)`,
  );
  await sql`
    insert into mcp.tool_search (tenant_id, model, digest, embedding) values ${sql.join(rows)}
    on conflict (tenant_id, model, digest) do nothing`.execute(tx);
}

/** Deletes the embeddings of texts that no tool has any more, and those of other models. */
export async function deleteUnused(tx: Tx, model: string, digests: readonly string[]): Promise<void> {
  await sql`
    delete from mcp.tool_search
    where model <> ${model} or not digest = any(${[...digests]}::text[])`.execute(tx);
}

/** Marks a revision as embedded; what was changed meanwhile stays due. */
export async function markEmbedded(tx: Tx, revision: string): Promise<void> {
  await sql`
    update mcp.tool_search_state
    set embedded_revision = ${revision}::bigint, attempts = 0,
        due_at = case when revision = ${revision}::bigint then null else now() end`.execute(tx);
}

/** Organizations whose tools lack embeddings, taken for a while: who does not finish leaves them to the next, later and later. */
export async function takeDue(tx: Tx, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ tenantId: string }>`
    update mcp.tool_search_state
    set due_at = now() + interval '1 minute' * least(power(2, attempts), 60), attempts = attempts + 1
    where tenant_id in (
      select tenant_id from mcp.tool_search_state where due_at <= now()
      order by due_at limit ${limit} for update skip locked
    )
    returning tenant_id as "tenantId"`.execute(tx);
  return rows.map(({ tenantId }) => tenantId);
}
