import { allows } from '@devmesh/api';
import { toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import type { Feeds } from './feeds.ts';
import { createLogLevels, type LogLevels } from './log-levels.ts';
import { createTellTask, notifySession, type TellTask } from './notifications.ts';
import { openPresence, type Presence } from './presence.ts';
import { createRegistry } from './registry.ts';

type EdgeSession = Session<EdgePrincipal>;

interface SessionsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How people recognize this gateway. */
  readonly gateway: string;
  readonly feeds: Pick<Feeds, 'join'>;
}

/** Keeps what an open MCP session needs from the platform: its entry there, the event feed, the presence of its agent. */
export interface Sessions {
  readonly logging: Pick<LogLevels, 'setLevel'>;
  opened(session: EdgeSession): Promise<void>;
  closed(session: EdgeSession): Promise<void>;
}

/** Builds the sessions. Those of one key share one feed. */
export function createSessions(options: SessionsOptions): Sessions {
  const memberships = new Map<EdgeSession, ReturnType<Feeds['join']>>();
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
      const membership = options.feeds.join(session.principal, {
        onEvent: (event) => {
          if (event.type === 'session.revoked') registry.revoked(identity.keyId, event.subjectId);
          notifySession(session, event, { tellTask, logLevels });
        },
        onRefused: () => session.close('The key is not valid any more.'),
      });
      memberships.set(session, membership);
      await membership.open;
      if (identity.agentId === undefined) return;
      presences.set(session, await openPresence({ ...options, session }));
      await tellOpenTasks(options, { session, tellTask, agentId: identity.agentId });
    },
    closed: async (session) => {
      registry.left(session);
      session.principal.upstream.forget();
      await presences.get(session)?.leave();
      presences.delete(session);
      await memberships.get(session)?.leave();
      memberships.delete(session);
    },
  };
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
