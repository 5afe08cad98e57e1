import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ListedPrompt, ListedResource, ListedTemplate } from './listed.ts';

/** Which list, and what it holds. */
export interface OfferingKinds {
  readonly resources: ListedResource;
  readonly resource_templates: ListedTemplate;
  readonly prompts: ListedPrompt;
}

/** One thing that a server offers, and where it stands. */
export interface OfferedRow<Entry> {
  readonly toolId: string;
  readonly service: string;
  readonly baseUrl: string;
  /** Its place in the server's list, from 1. */
  readonly place: number;
  readonly entry: Entry;
}

/** Where a page ended. */
export interface OfferedPosition {
  readonly service: string;
  readonly place: number;
}

const columns = {
  resources: sql`u.resources`,
  resource_templates: sql`u.resource_templates`,
  prompts: sql`u.prompts`,
} as const;

/** What all servers offer of a kind, by service and place, one more than `limit`. */
export async function selectOffered<Kind extends keyof OfferingKinds>(
  tx: Tx,
  kind: Kind,
  { after, limit }: { readonly after: OfferedPosition | undefined; readonly limit: number },
): Promise<readonly OfferedRow<OfferingKinds[Kind]>[]> {
  const { rows } = await sql<OfferedRow<OfferingKinds[Kind]>>`
    select u.tool_id as "toolId", t.name as service, t.base_url as "baseUrl", e.place::int as place, e.entry
    from mcp.upstream_servers u
    join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id
    cross join lateral jsonb_array_elements(${columns[kind]}) with ordinality as e (entry, place)
    where ${after?.service ?? null}::text is null
       or (t.name, e.place) > (${after?.service ?? ''}::text collate "C", ${after?.place ?? 0}::bigint)
    order by t.name, e.place limit ${limit + 1}`.execute(tx);
  return rows;
}

/** The prompts of every server whose service could be that of the name, by service. */
export async function selectPromptsOf(
  tx: Tx,
  name: string,
): Promise<readonly { readonly service: string; readonly prompts: readonly ListedPrompt[] }[]> {
  const { rows } = await sql<{ service: string; prompts: readonly ListedPrompt[] }>`
    select t.name as service, u.prompts
    from mcp.upstream_servers u
    join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id
    where starts_with(${name}, t.name || '_') order by t.name`.execute(tx);
  return rows;
}

interface Subscription {
  readonly toolId: string;
  readonly uri: string;
}

/** Wants to hear of a resource for a while; when that ends, or undefined where the server has too many already. */
export async function upsertSubscription(
  tx: Tx,
  { toolId, uri }: Subscription,
  { seconds, most }: { readonly seconds: number; readonly most: number },
): Promise<Date | undefined> {
  await sql`delete from mcp.upstream_subscriptions where tool_id = ${toolId} and ends_at < now()`.execute(tx);
  const { rows } = await sql<{ endsAt: Date }>`
    insert into mcp.upstream_subscriptions (tenant_id, tool_id, uri, ends_at)
    select current_setting('app.tenant_id')::uuid, ${toolId}::uuid, ${uri}, now() + ${seconds} * interval '1 second'
    where (select count(*) from mcp.upstream_subscriptions where tool_id = ${toolId} and uri <> ${uri}) < ${most}
    on conflict (tenant_id, tool_id, uri) do update set ends_at = excluded.ends_at
    returning ends_at as "endsAt"`.execute(tx);
  return rows[0]?.endsAt;
}

/** What somebody wants to hear of now. */
export async function selectSubscriptions(tx: Tx, toolId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ uri: string }>`
    select uri from mcp.upstream_subscriptions where tool_id = ${toolId} and ends_at > now() order by uri`.execute(tx);
  return rows.map(({ uri }) => uri);
}
