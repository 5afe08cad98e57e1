import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Actor, Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import {
  deleteLapsedSessions,
  deleteSession,
  hasSession,
  insertSession,
  lockAgents,
  selectAgent,
  selectLapsedAgents,
  touchSession,
  type AgentRow,
} from './store.ts';

interface PresenceOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Events;
}

/** What a session says of itself. */
export interface Beat {
  readonly sessionId: string;
  readonly leaving: boolean;
  /** Those of the agent's capabilities that it offers, from its first beat on; absent: all. */
  readonly offers?: readonly string[] | undefined;
}

type OnArrival = (tx: Tx, agentId: string) => Promise<unknown>;

/** Who is here: sessions beat, leave, or stop beating. */
interface Presence {
  beat(principal: Principal, beat: Beat, onArrival: OnArrival): Promise<AgentRow>;
  sweepOffline(tenantId: string): Promise<number>;
}

/** Builds presence. Comings and goings of one agent wait for each other, so each is announced exactly once. */
export function createPresence(options: PresenceOptions): Presence {
  const { database } = options;
  return {
    beat: async (principal, beat, onArrival) => {
      const agentId = agentOf(principal);
      return database.tenant(principal.tenantId, async (tx) => {
        if (beat.leaving) await leave(options, tx, { agentId, beat, actor: actorOf(principal) });
        else await stay(options, tx, { agentId, beat, actor: actorOf(principal), onArrival });
        const agent = await selectAgent(tx, agentId);
        if (agent === undefined) throw unknownAgent(agentId);
        return agent;
      });
    },
    sweepOffline: (tenantId) => database.tenant(tenantId, (tx) => closeLapsed(options, tx)),
  };
}

function agentOf(principal: Principal): string {
  if (principal.agentId === undefined)
    throw new MeshError('forbidden', 'Only the key of an agent can say that it is here.');
  return principal.agentId;
}

function unknownAgent(agentId: string): MeshError {
  return new MeshError('forbidden', `The agent ${agentId} of this key does not exist.`);
}

interface Moment {
  readonly agentId: string;
  readonly beat: Beat;
  readonly actor: Actor;
}

async function stay(
  options: PresenceOptions,
  tx: Tx,
  { agentId, beat, actor, onArrival }: Moment & { readonly onArrival: OnArrival },
): Promise<void> {
  if (await touchSession(tx, agentId, beat.sessionId)) return;
  const [agent] = await lockAgents(tx, [agentId]);
  if (agent === undefined) throw unknownAgent(agentId);
  const wasHere = await hasSession(tx, agentId);
  await insertSession(tx, agentId, { sessionId: beat.sessionId, offers: beat.offers });
  if (!wasHere) await announce(options, tx, { ...agent, type: 'agent.online', actor });
  // A further session may offer what the others do not.
  await onArrival(tx, agentId);
}

async function leave(options: PresenceOptions, tx: Tx, { agentId, beat, actor }: Moment): Promise<void> {
  const [agent] = await lockAgents(tx, [agentId]);
  if (agent === undefined) throw unknownAgent(agentId);
  if (!(await deleteSession(tx, agentId, beat.sessionId)) || (await hasSession(tx, agentId))) return;
  await announce(options, tx, { ...agent, type: 'agent.offline', actor });
}

async function closeLapsed(options: PresenceOptions, tx: Tx): Promise<number> {
  const agents = await lockAgents(tx, await selectLapsedAgents(tx));
  const closed = await deleteLapsedSessions(
    tx,
    agents.map(({ id }) => id),
  );
  let gone = 0;
  for (const agent of agents) {
    if (!closed.includes(agent.id) || (await hasSession(tx, agent.id))) continue;
    await announce(options, tx, { ...agent, type: 'agent.offline', actor: 'system:sweep' });
    gone += 1;
  }
  return gone;
}

interface Announcement {
  readonly id: string;
  readonly name: string;
  readonly type: 'agent.online' | 'agent.offline';
  readonly actor: Actor;
}

async function announce(
  { audit, events }: PresenceOptions,
  tx: Tx,
  { id, name, type, actor }: Announcement,
): Promise<void> {
  const status = type === 'agent.online' ? 'online' : 'offline';
  await events.publish(tx, { type, subjectId: id, summary: `Agent ${name} is ${status}`, data: { agentId: id, name } });
  await audit.record(tx, { actor, action: 'agents.beat', subject: id, detail: { status } });
}
