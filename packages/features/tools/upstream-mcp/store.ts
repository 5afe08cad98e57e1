import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ScreeningFinding } from '../screening/screener.ts';
import type { CallableRow } from '../store.ts';
import type { UpstreamTransport } from './address.ts';
import type { RefusedTool } from './definition.ts';
import type { ListedPrompt, ListedResource, ListedTemplate } from './listed.ts';

export type UpstreamState = 'connecting' | 'connected' | 'failed';

/** A server as it is stored, without its secrets. */
export interface UpstreamRow {
  readonly toolId: string;
  readonly service: string;
  readonly baseUrl: string;
  readonly transport: UpstreamTransport;
  readonly command: string | null;
  readonly arguments: readonly string[];
  readonly workingDirectory: string | null;
  readonly sealedEnvironment: Uint8Array | null;
  readonly state: UpstreamState;
  readonly reason: string | null;
  readonly protocolVersion: string | null;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  readonly refused: readonly RefusedTool[];
  readonly findings: readonly ScreeningFinding[];
  readonly lastSeenAt: Date | null;
  readonly userId: string | null;
  readonly failures: number;
  readonly fence: string;
}

/** The same with what decides which credential its requests have. */
export interface ReachableRow extends UpstreamRow, Pick<CallableRow, 'serverUrl' | 'security' | 'personal'> {
  /** Changes when a credential of the service does; null where there is none. */
  readonly credentialVersion: string | null;
}

interface NewUpstream {
  readonly toolId: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly sourceUrl: string | null;
  readonly transport: UpstreamTransport;
  readonly command: string | null;
  readonly arguments: readonly string[];
  readonly workingDirectory: string | null;
  readonly sealedEnvironment: Uint8Array | null;
  readonly userId: string | null;
}

const tenant = sql`current_setting('app.tenant_id')::uuid`;

/** Inserts a server and the service that it is; false where the name is taken. */
export async function insertUpstream(tx: Tx, upstream: NewUpstream): Promise<boolean> {
  const { toolId, name, baseUrl } = upstream;
  const { rows } = await sql`
    insert into mcp.tool_configurations
      (tenant_id, id, name, title, version, base_url, source_url, document_sha256, operation_count, kind)
    values (${tenant}, ${toolId}, ${name}, ${name}, '', ${baseUrl}, ${upstream.sourceUrl}, decode(repeat('00', 32), 'hex'), 0, 'mcp')
    on conflict (tenant_id, name) do nothing
    returning id`.execute(tx);
  if (rows.length === 0) return false;
  await sql`
    insert into mcp.upstream_servers
      (tenant_id, tool_id, transport, command, arguments, working_directory, sealed_environment, user_id)
    values (${tenant}, ${toolId}, ${upstream.transport}, ${upstream.command}, ${[...upstream.arguments]}::text[],
            ${upstream.workingDirectory}, ${upstream.sealedEnvironment}, ${upstream.userId})`.execute(tx);
  return true;
}

const columns = sql`u.tool_id as "toolId", t.name as service, t.base_url as "baseUrl", u.transport, u.command,
  u.arguments, u.working_directory as "workingDirectory", u.sealed_environment as "sealedEnvironment", u.state, u.reason,
  u.protocol_version as "protocolVersion", u.capabilities, u.instructions, u.refused, u.findings,
  u.last_seen_at as "lastSeenAt", u.user_id as "userId", u.failures, u.fence::text as fence`;

const credentials = sql`null as "serverUrl", '[]'::jsonb as security,
  coalesce((select bool_or(c.user_id is not null or c.mode = 'user') from mcp.organization_tools c
            where c.tenant_id = u.tenant_id and c.tool_id = u.tool_id), false) as personal,
  (select string_agg(md5(c.sealed), ' ' order by c.slot, c.holder) from mcp.organization_tools c
   where c.tenant_id = u.tenant_id and c.tool_id = u.tool_id) as "credentialVersion"`;

const joined = sql`mcp.upstream_servers u
  join mcp.tool_configurations t on t.tenant_id = u.tenant_id and t.id = u.tool_id`;

/** A server with what its requests authenticate with. */
export async function selectReachable(tx: Tx, toolId: string): Promise<ReachableRow | undefined> {
  const { rows } =
    await sql<ReachableRow>`select ${columns}, ${credentials} from ${joined} where u.tool_id = ${toolId}`.execute(tx);
  return rows[0];
}

/** The same by the name of its service. */
export async function selectReachableByName(tx: Tx, service: string): Promise<ReachableRow | undefined> {
  const { rows } =
    await sql<ReachableRow>`select ${columns}, ${credentials} from ${joined} where t.name = ${service}`.execute(tx);
  return rows[0];
}

/** Of these services those that are servers, by id. */
export async function selectUpstreams(tx: Tx, toolIds: readonly string[]): Promise<readonly UpstreamRow[]> {
  const { rows } = await sql<UpstreamRow>`
    select ${columns} from ${joined} where u.tool_id = any(${[...toolIds]}::uuid[])`.execute(tx);
  return rows;
}

interface Seen {
  readonly toolId: string;
  readonly fence: string | undefined;
  readonly transport: UpstreamTransport;
  readonly protocolVersion: string;
  readonly capabilities: object;
  readonly instructions: string | null;
  readonly title: string;
  readonly version: string;
  readonly refused: readonly RefusedTool[];
  readonly findings: readonly ScreeningFinding[];
  readonly resources: readonly ListedResource[];
  readonly resourceTemplates: readonly ListedTemplate[];
  readonly prompts: readonly ListedPrompt[];
  readonly nextLookSeconds: number;
}

/** What of a server's lists changed when it was seen. */
export interface ListsBefore {
  readonly resources: string;
  readonly prompts: string;
  readonly state: UpstreamState;
  readonly findings: readonly ScreeningFinding[];
}

/** Locks a server for a change of what is known of it; undefined where it is gone, or another holder follows it by now. */
export async function lockUpstream(
  tx: Tx,
  toolId: string,
  fence: string | undefined,
): Promise<ListsBefore | undefined> {
  const { rows } = await sql<ListsBefore>`
    select md5(resources::text || resource_templates::text) as resources, md5(prompts::text) as prompts, state, findings
    from mcp.upstream_servers
    where tool_id = ${toolId} and (${fence ?? null}::bigint is null or fence = ${fence ?? null}::bigint)
    for update`.execute(tx);
  return rows[0];
}

/** Stores what a server said of itself. */
export async function updateSeen(tx: Tx, seen: Seen): Promise<ListsBefore | undefined> {
  await sql`update mcp.tool_configurations set title = ${seen.title}, version = ${seen.version} where id = ${seen.toolId}`.execute(
    tx,
  );
  const { rows } = await sql<ListsBefore>`
    update mcp.upstream_servers
    set state = 'connected', reason = null, failures = 0, transport = ${seen.transport}, protocol_version = ${seen.protocolVersion},
        capabilities = ${JSON.stringify(seen.capabilities)}::jsonb, instructions = ${seen.instructions},
        refused = ${JSON.stringify(seen.refused)}::jsonb, findings = ${JSON.stringify(seen.findings)}::jsonb, resources = ${JSON.stringify(seen.resources)}::jsonb,
        resource_templates = ${JSON.stringify(seen.resourceTemplates)}::jsonb, prompts = ${JSON.stringify(seen.prompts)}::jsonb,
        last_seen_at = now(), next_look_at = now() + ${seen.nextLookSeconds} * interval '1 second'
    where tool_id = ${seen.toolId}
    returning md5(resources::text || resource_templates::text) as resources, md5(prompts::text) as prompts, state, findings`.execute(
    tx,
  );
  return rows[0];
}

/** Stores why a server could not be seen; whether that is news. What it listed before stays. */
export async function updateFailed(
  tx: Tx,
  { toolId, reason }: { readonly toolId: string; readonly reason: string },
): Promise<boolean> {
  const { rows } = await sql<{ state: UpstreamState }>`
    select state from mcp.upstream_servers where tool_id = ${toolId} for update`.execute(tx);
  await sql`
    update mcp.upstream_servers
    set state = 'failed', reason = ${reason}, failures = least(failures + 1, 1000000),
        next_look_at = now() + least(300, 2 ^ least(failures, 9) * 2) * (0.8 + random() * 0.4) * interval '1 second'
    where tool_id = ${toolId}`.execute(tx);
  const [before] = rows;
  return before !== undefined && before.state !== 'failed';
}

/** Asks for a server to be looked at now. */
export async function updateDue(tx: Tx, toolId: string): Promise<void> {
  await sql`update mcp.upstream_servers set next_look_at = now() where tool_id = ${toolId}`.execute(tx);
}
