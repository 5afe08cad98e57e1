import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** An agent whose sessions have not beaten for this long is offline: three missed beats. */
const onlineSeconds = 60;

/** An agent with its presence and load as they are now. */
export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly capabilities: string[];
  /** Those that its open sessions offer: it is given tasks for no others. */
  readonly offered: string[];
  readonly maximumTasks: number;
  readonly runningTasks: number;
  readonly online: boolean;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
  /** When it last got or gave back a task. */
  readonly workedAt: Date | null;
}

const lapsedBefore = sql`now() - make_interval(secs => ${onlineSeconds})`;

const agentRows = sql`
  select m.id, m.name, m.description, m.maximum_tasks as "maximumTasks", m.running_tasks as "runningTasks",
         array(select c.capability from mcp.agent_capabilities c where c.agent_id = m.id order by c.capability)
           as capabilities,
         array(select c.capability from mcp.agent_capabilities c
               where c.agent_id = m.id and exists (
                 select from mcp.agent_registrations r
                 where r.agent_id = m.id and r.beat_at > ${lapsedBefore}
                   and (r.offers is null or c.capability = any(r.offers)))
               order by c.capability) as offered,
         coalesce(p.beat_at > ${lapsedBefore}, false) as online,
         m.created_at as "createdAt", greatest(m.last_seen_at, p.beat_at) as "lastSeenAt", m.worked_at as "workedAt"
  from mcp.agent_manifests m
  cross join lateral (select max(r.beat_at) as beat_at from mcp.agent_registrations r where r.agent_id = m.id) p`;

interface NewAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly maximumTasks: number;
}

/** Inserts an agent with its capabilities; false where the name is taken. */
export async function insertAgent(tx: Tx, agent: NewAgent): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.agent_manifests (tenant_id, id, name, description, maximum_tasks)
    values (current_setting('app.tenant_id')::uuid, ${agent.id}, ${agent.name}, ${agent.description}, ${agent.maximumTasks})
    on conflict (tenant_id, name) do nothing
    returning id`.execute(tx);
  if (rows.length === 0) return false;
  await sql`
    insert into mcp.agent_capabilities (tenant_id, agent_id, capability)
    select current_setting('app.tenant_id')::uuid, ${agent.id}::uuid, capability
    from unnest(${[...agent.capabilities]}::text[]) as capability
    on conflict do nothing`.execute(tx);
  return true;
}

export async function selectAgent(tx: Tx, id: string): Promise<AgentRow | undefined> {
  const { rows } = await sql<AgentRow>`${agentRows} where m.id = ${id}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectAgents(tx: Tx, after: string | undefined, limit: number): Promise<readonly AgentRow[]> {
  const { rows } = await sql<AgentRow>`
    ${agentRows}
    where ${after ?? null}::uuid is null or m.id < ${after ?? null}::uuid
    order by m.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export interface OpeningFilter {
  readonly agentId?: string | undefined;
  /** At least one of these. */
  readonly capabilities?: readonly string[] | undefined;
}

/** Agents that are online and have room for one more task. */
export async function selectOpenings(tx: Tx, filter: OpeningFilter): Promise<readonly AgentRow[]> {
  const agentId = filter.agentId ?? null;
  const capabilities = filter.capabilities === undefined ? null : [...filter.capabilities];
  const { rows } = await sql<AgentRow>`
    ${agentRows}
    where p.beat_at > ${lapsedBefore} and m.running_tasks < m.maximum_tasks
      and (${agentId}::uuid is null or m.id = ${agentId}::uuid)
      and (${capabilities}::text[] is null
           or exists (select 1 from mcp.agent_capabilities c
                      join mcp.agent_registrations r on r.agent_id = c.agent_id and r.beat_at > ${lapsedBefore}
                        and (r.offers is null or c.capability = any(r.offers))
                      where c.agent_id = m.id and c.capability = any(${capabilities}::text[])))`.execute(tx);
  return rows;
}

/** Takes one place of an agent; false where none is free. The row stays locked, so nobody else can take the same place. */
export async function takePlace(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    update mcp.agent_manifests set running_tasks = running_tasks + 1, worked_at = now()
    where id = ${id} and running_tasks < maximum_tasks returning id`.execute(tx);
  return rows.length === 1;
}

/** Gives a place back. */
export async function freePlace(tx: Tx, id: string): Promise<void> {
  await sql`
    update mcp.agent_manifests set running_tasks = running_tasks - 1, worked_at = now() where id = ${id}`.execute(tx);
}

/** Notes the beat of an open session; false where the session is not open. */
export async function touchSession(tx: Tx, agentId: string, sessionId: string): Promise<boolean> {
  const { rows } = await sql`
    update mcp.agent_registrations set beat_at = now()
    where agent_id = ${agentId} and session_id = ${sessionId} returning agent_id`.execute(tx);
  return rows.length === 1;
}

/** Locks agents, in the order of their ids so that nobody waits in a circle; returns those that exist. */
export async function lockAgents(
  tx: Tx,
  agentIds: readonly string[],
): Promise<readonly { id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from mcp.agent_manifests where id = any(${[...agentIds]}::uuid[])
    order by id for no key update`.execute(tx);
  return rows;
}

/** Opens a session that offers these capabilities, or all; notes its beat where it is open already. */
export async function insertSession(
  tx: Tx,
  agentId: string,
  { sessionId, offers }: { readonly sessionId: string; readonly offers: readonly string[] | undefined },
): Promise<void> {
  await sql`
    insert into mcp.agent_registrations (tenant_id, agent_id, session_id, offers)
    values (current_setting('app.tenant_id')::uuid, ${agentId}, ${sessionId},
            ${offers === undefined ? null : [...offers]}::text[])
    on conflict (tenant_id, agent_id, session_id) do update set beat_at = now()`.execute(tx);
}

/** Closes a session; false where it was not open. */
export async function deleteSession(tx: Tx, agentId: string, sessionId: string): Promise<boolean> {
  const { rows } = await sql`
    with closed as (
      delete from mcp.agent_registrations where agent_id = ${agentId} and session_id = ${sessionId} returning agent_id
    )
    update mcp.agent_manifests m set last_seen_at = now() from closed where m.id = closed.agent_id
    returning m.id`.execute(tx);
  return rows.length === 1;
}

/** The agents that have sessions which stopped beating. */
export async function selectLapsedAgents(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ agentId: string }>`
    select distinct agent_id as "agentId" from mcp.agent_registrations where beat_at <= ${lapsedBefore}`.execute(tx);
  return rows.map(({ agentId }) => agentId);
}

/** Closes the sessions of these agents that stopped beating; returns the agents that lost one. */
export async function deleteLapsedSessions(tx: Tx, agentIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    with closed as (
      delete from mcp.agent_registrations
      where agent_id = any(${[...agentIds]}::uuid[]) and beat_at <= ${lapsedBefore} returning agent_id, beat_at
    ), latest as (
      select agent_id, max(beat_at) as beat_at from closed group by agent_id
    )
    update mcp.agent_manifests m set last_seen_at = greatest(m.last_seen_at, latest.beat_at)
    from latest where m.id = latest.agent_id returning m.id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Whether any session of the agent is open. */
export async function hasSession(tx: Tx, agentId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from mcp.agent_registrations where agent_id = ${agentId} limit 1`.execute(tx);
  return rows.length > 0;
}

/** What the sessions of one tenant look like. */
export interface TenantPresence {
  readonly tenantId: string;
  /** Some session stopped beating. */
  readonly lapsed: boolean;
  /** Some session is alive. */
  readonly online: boolean;
}

/** Every tenant that has open sessions. Runs as the system job `sweep`. */
export async function selectPresence(tx: Tx): Promise<readonly TenantPresence[]> {
  const { rows } = await sql<TenantPresence>`
    select tenant_id as "tenantId", bool_or(beat_at <= ${lapsedBefore}) as lapsed, bool_or(beat_at > ${lapsedBefore}) as online
    from mcp.agent_registrations group by tenant_id`.execute(tx);
  return rows;
}
