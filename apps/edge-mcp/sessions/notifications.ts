import { severities, type EventType, type MeshEvent, type Severity } from '@devmesh/api';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { shownAs } from '../relay/told-uris.ts';
import { healthUri, uriOf, type TenantResource } from '../resources/uris.ts';
import type { LogLevels } from './log-levels.ts';

type EdgeSession = Session<EdgePrincipal>;

/** What an agent's session is told when its agent gets a task: `params` is the task as the assignment gave it. */
export const taskAssigned = 'notifications/devmesh/task.assigned';

/** Which resource an event changes. */
const changes: Readonly<Record<string, TenantResource>> = {
  agent: 'agents',
  notification: 'notifications',
  task: 'tasks',
  tool: 'tools',
};
const changesTools: ReadonlySet<EventType> = new Set(['tool.imported', 'tool.changed', 'tool.deleted']);

/** Events that change nothing of the list of services. */
const unlisted: ReadonlySet<EventType> = new Set(['tool.called', 'tool.resource_updated']);

/** Tells one session of assignments, of each once: the feed and the list of open tasks may both bring it. */
export type TellTask = (task: Readonly<Record<string, unknown>>) => void;

/** Assignments that a session remembers to have been told. */
const mostTold = 1_000;

/** Remembers what a session was told; an assignment is a task and its fence. */
export function createTellTask(session: Pick<EdgeSession, 'notify'>): TellTask {
  // Thousands of idle sessions have one each, so it takes no room before it holds something. The oldest come first.
  const told = new Set<string>();
  return (task) => {
    const assignment = JSON.stringify([task['taskId'], task['fence']]);
    if (told.has(assignment)) return;
    told.add(assignment);
    for (const oldest of told) {
      if (told.size <= mostTold) break;
      told.delete(oldest);
    }
    session.notify(taskAssigned, task);
  };
}

/** How one session is told of what concerns itself. */
export interface Telling {
  readonly tellTask: TellTask;
  readonly logLevels: Pick<LogLevels, 'wants'>;
}

/** Turns an event of the feed into the notifications that a session is owed. */
export function notifySession(session: EdgeSession, event: MeshEvent, { tellTask, logLevels }: Telling): void {
  const { organization, agentId } = session.principal.identity;
  tellServices(session, event);
  const kind = unlisted.has(event.type) ? undefined : changes[event.type.split('.')[0] ?? ''];
  if (kind !== undefined) {
    const uri = uriOf(kind, organization.id);
    if (session.subscriptions.has(uri)) session.notify('notifications/resources/updated', { uri });
  }
  if (event.type === 'task.assigned' && agentId !== undefined && event.agentId === agentId) {
    tellTask(event.data);
  }
  // People see in the list what is meant for an agent; only that agent is spoken to.
  if (event.type === 'notification.created' && (event.agentId === undefined || event.agentId === agentId)) {
    tellNotice(session, event, logLevels);
  }
}

/** What services offer, and what became of a resource that they have. */
function tellServices(session: EdgeSession, event: MeshEvent): void {
  for (const list of changedLists(event)) session.notify(`notifications/${list}/list_changed`);
  if (event.type === 'tool.resource_updated') tellUpdate(session, event);
}

/** Every list that can change. */
const allLists = ['tools', 'resources', 'prompts'] as const;

/** Tells a session that what it listed may not hold any more. */
export function tellEverythingChanged(session: EdgeSession): void {
  for (const list of allLists) session.notify(`notifications/${list}/list_changed`);
  tellHealth(session);
}

/** Tells a session that watches it that the health of the platform changed. */
export function tellHealth(session: EdgeSession): void {
  if (session.subscriptions.has(healthUri)) session.notify('notifications/resources/updated', { uri: healthUri });
}

/** Which lists an event changes; what says nothing of lists changes the one of tools. */
function changedLists({ type, data }: MeshEvent): readonly string[] {
  if (type === 'access.changed') return allLists;
  if (type === 'prompt.changed') return ['prompts'];
  if (!changesTools.has(type)) return [];
  const { lists } = data;
  return Array.isArray(lists)
    ? lists.filter((list) => list === 'tools' || list === 'resources' || list === 'prompts')
    : ['tools'];
}

/** A resource of a server changed, under each address that the session subscribed to. */
function tellUpdate(session: EdgeSession, { data: { uri } }: MeshEvent): void {
  if (typeof uri !== 'string') return;
  for (const known of new Set([uri, shownAs(session, uri)])) {
    if (session.subscriptions.has(known)) session.notify('notifications/resources/updated', { uri: known });
  }
}

/** A notice goes out as the protocol's own log message, whose levels are the severities of notices. */
function tellNotice(session: EdgeSession, event: MeshEvent, logLevels: Pick<LogLevels, 'wants'>): void {
  const { severity: level, ...notice } = event.data;
  if (!isSeverity(level) || !logLevels.wants(session, level)) return;
  const data = { notificationId: event.subjectId, at: event.at, ...notice };
  session.notify('notifications/message', { level, logger: 'devmesh', data });
}

function isSeverity(value: unknown): value is Severity {
  return severities.some((severity) => severity === value);
}
