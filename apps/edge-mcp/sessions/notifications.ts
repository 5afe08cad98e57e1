import type { EventType, MeshEvent } from '@devmesh/api';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { uriOf, type TenantResource } from '../resources/uris.ts';

type EdgeSession = Session<EdgePrincipal>;

/** What an agent's session is told when its agent gets a task: `params` is the task as the assignment gave it. */
export const taskAssigned = 'notifications/devmesh/task.assigned';

/** Which resource an event changes. */
const changes: Readonly<Record<string, TenantResource>> = { agent: 'agents', task: 'tasks', tool: 'tools' };
const changesTools: ReadonlySet<EventType> = new Set(['tool.imported', 'tool.deleted']);

/** Turns an event of the feed into the notifications that a session is owed. */
export function notifySession(session: EdgeSession, event: MeshEvent): void {
  const { organization, agentId } = session.principal.identity;
  if (changesTools.has(event.type)) session.notify('notifications/tools/list_changed');
  const kind = event.type === 'tool.called' ? undefined : changes[event.type.split('.')[0] ?? ''];
  if (kind !== undefined) {
    const uri = uriOf(kind, organization.id);
    if (session.subscriptions.has(uri)) session.notify('notifications/resources/updated', { uri });
  }
  if (event.type === 'task.assigned' && agentId !== undefined && event.agentId === agentId) {
    session.notify(taskAssigned, event.data);
  }
}
