import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';
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
  /** Whether another of the services has one of that name or address; only told where services are named. */
  readonly shared: boolean;
}

/** Where a page ended. */
interface OfferedPosition {
  readonly service: string;
  readonly place: number;
}

const columns = {
  resources: sql`u.resources`,
  resource_templates: sql`u.resource_templates`,
  prompts: sql`u.prompts`,
} as const;

const keys = { resources: 'uri', resource_templates: 'uriTemplate', prompts: 'name' } as const;

/** What servers offer of a kind, by service and place, one more than `limit`; of all, or of those services alone. */
export async function selectOffered<Kind extends keyof OfferingKinds>(
  tx: Tx,
  kind: Kind,
  { services, after, limit }: OfferedPage,
): Promise<readonly OfferedRow<OfferingKinds[Kind]>[]> {
  const { rows } = await sql<OfferedRow<OfferingKinds[Kind]>>`
    select * from (
      select u.tool_id as "toolId", t.name as service, t.base_url as "baseUrl", e.place::int as place, e.entry,
        ${services === undefined ? sql`false` : sql`count(*) over (partition by e.entry->>${keys[kind]}) > 1`} as shared
      from mcp.upstream_servers u
      join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id
      cross join lateral jsonb_array_elements(${columns[kind]}) with ordinality as e (entry, place)
      where ${among(services)}) offered
    where ${after?.service ?? null}::text is null
       or (service, place) > (${after?.service ?? ''}::text collate "C", ${after?.place ?? 0}::int)
    order by service collate "C", place limit ${limit + 1}`.execute(tx);
  return rows;
}

interface OfferedPage {
  readonly services: readonly string[] | undefined;
  readonly after: OfferedPosition | undefined;
  readonly limit: number;
}

function among(services: readonly string[] | undefined): RawBuilder<unknown> {
  return services === undefined ? sql`true` : sql`t.name = any(${[...services]}::text[])`;
}

/** The prompts of every server whose service could be that of the name, or of all of those services; by service. */
export async function selectPromptsOf(
  tx: Tx,
  name: string,
  services: readonly string[] | undefined,
): Promise<readonly { readonly service: string; readonly prompts: readonly ListedPrompt[] }[]> {
  const { rows } = await sql<{ service: string; prompts: readonly ListedPrompt[] }>`
    select t.name as service, u.prompts
    from mcp.upstream_servers u
    join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id
    where ${services === undefined ? sql`starts_with(${name}, t.name || '_')` : among(services)}
    order by t.name`.execute(tx);
  return rows;
}

/** What one server says of some addresses. */
interface UriOwner {
  readonly service: string;
  /** Those of them that it lists as resources or as templates. */
  readonly listed: readonly string[];
  readonly templates: readonly string[];
}

/** What servers say of addresses, by service. */
export async function selectUriOwners(
  tx: Tx,
  services: readonly string[],
  uris: readonly string[],
): Promise<readonly UriOwner[]> {
  const { rows } = await sql<UriOwner>`
    select t.name as service,
      array(
        select a.uri from unnest(${[...uris]}::text[]) as a (uri)
        where u.resources @> jsonb_build_array(jsonb_build_object('uri', a.uri))
           or u.resource_templates @> jsonb_build_array(jsonb_build_object('uriTemplate', a.uri))) as listed,
      array(select one->>'uriTemplate' from jsonb_array_elements(u.resource_templates) as e (one)) as templates
    from mcp.upstream_servers u
    join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id
    where ${among(services)} order by t.name`.execute(tx);
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
