import { allows } from '@devmesh/api';
import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { openFeed, type Feed } from './feed.ts';
import { createLogLevels, type LogLevels } from './log-levels.ts';
import { createTellTask, notifySession, type Telling, type TellTask } from './notifications.ts';
import { openPresence, type Presence } from './presence.ts';
import { createRegistry, type Registry } from './registry.ts';

type EdgeSession = Session<EdgePrincipal>;

interface SessionsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How people recognize this gateway. */
  readonly gateway: string;
}

/** Keeps what an open MCP session needs from the platform: its entry there, the event feed, the presence of its agent. */
export interface Sessions {
  readonly logging: Pick<LogLevels, 'setLevel'>;
  opened(session: EdgeSession): Promise<void>;
  closed(session: EdgeSession): Promise<void>;
}

interface SharedFeed {
  readonly feed: Feed;
  readonly sessions: Map<EdgeSession, Telling>;
}

/** Builds the sessions. Those of one key share one feed. */
export function createSessions(options: SessionsOptions): Sessions {
  const feeds = new Map<string, SharedFeed>();
  const presences = new Map<EdgeSession, Presence>();
  const logLevels = createLogLevels();
  const registry = createRegistry(options);
  return {
    logging: logLevels,
    opened: async (session) => {
      const { identity } = session.principal;
      registry.joined(session);
      if (!allows(identity.scopes, 'events:read')) return;
      const tellTask = createTellTask(session);
      await joinFeed({ ...options, registry }, feeds, { session, telling: { tellTask, logLevels } }).feed.open;
      if (identity.agentId === undefined) return;
      presences.set(session, await openPresence({ ...options, session }));
      await tellOpenTasks(options, { session, tellTask, agentId: identity.agentId });
    },
    closed: async (session) => {
      registry.left(session);
      session.principal.upstream.forget();
      await presences.get(session)?.leave();
      presences.delete(session);
      await leaveFeed(feeds, session);
    },
  };
}

interface Member {
  readonly session: EdgeSession;
  readonly telling: Telling;
}

function joinFeed(
  options: SessionsOptions & { readonly registry: Registry },
  feeds: Map<string, SharedFeed>,
  { session, telling }: Member,
): SharedFeed {
  const { keyId } = session.principal.identity;
  const known = feeds.get(keyId);
  if (known !== undefined) {
    known.sessions.set(session, telling);
    return known;
  }
  const sessions = new Map([[session, telling]]);
  const feed = openFeed({
    ...options,
    principal: session.principal,
    onEvent: (event) => {
      if (event.type === 'session.revoked') options.registry.revoked(keyId, event.subjectId);
      for (const [member, tell] of sessions) notifySession(member, event, tell);
    },
    onRefused: () => {
      for (const member of sessions.keys()) member.close('The key is not valid any more.');
    },
  });
  const shared = { feed, sessions };
  feeds.set(keyId, shared);
  return shared;
}

async function leaveFeed(feeds: Map<string, SharedFeed>, session: EdgeSession): Promise<void> {
  const { keyId } = session.principal.identity;
  const shared = feeds.get(keyId);
  if (shared === undefined) return;
  shared.sessions.delete(session);
  if (shared.sessions.size > 0) return;
  feeds.delete(keyId);
  await shared.feed.stop();
}

interface Returning {
  readonly session: EdgeSession;
  readonly tellTask: TellTask;
  readonly agentId: string;
}

/** An agent that comes back is told again what it still has to do. */
async function tellOpenTasks({ log }: SessionsOptions, { session, tellTask, agentId }: Returning): Promise<void> {
  try {
    const { items } = await session.principal.client.tasks.listTasks({ query: { status: 'assigned', agentId } });
    for (const { id: taskId, ...task } of items) {
      const { title, description, capability, input, fence, leaseExpiresAt } = task;
      tellTask({ taskId, title, description, capability, input, fence, leaseExpiresAt });
    }
  } catch (error) {
    log.warn('the open tasks of an agent could not be read', { 'error.code': toMeshError(error).code });
  }
}
