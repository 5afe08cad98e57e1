import type { EventType, MeshEvent } from '@devmesh/api';
import type { QueryName } from '../session/query-keys.ts';

/** Which cached answers each kind of event makes old. */
const affected: Readonly<Record<EventType, readonly QueryName[]>> = {
  'tool.imported': ['tools', 'catalogue'],
  'tool.changed': ['tools', 'catalogue'],
  'tool.deleted': ['tools', 'catalogue'],
  'access.changed': ['catalogue', 'tools'],
  'tool.called': [],
  'prompt.changed': [],
  'tool.resource_updated': [],
  'webhook.received': ['webhookEvents'],
  'webhook.processed': ['webhookEvents', 'tasks'],
  'webhook.dead': ['webhookEvents', 'deadLetters'],
  'notification.created': [],
  'delivery.failed': [],
  'endpoint.disabled': [],
  'agent.online': ['agents'],
  'agent.offline': ['agents'],
  'task.created': ['tasks'],
  'task.assigned': ['tasks', 'agents'],
  'task.completed': ['tasks', 'agents'],
  'task.failed': ['tasks', 'agents'],
  'repository.progress': ['repositories'],
  'repository.indexed': ['repositories', 'search'],
  'repository.failed': ['repositories'],
  'session.revoked': [],
};

/** Every kind of event, for the filter. */
export const eventTypes = Object.keys(affected) as readonly EventType[];

/** The cached answers that these events make old, each once. A kind that a newer platform adds affects nothing here. */
export function affectedBy(events: readonly MeshEvent[]): readonly QueryName[] {
  const known: Readonly<Record<string, readonly QueryName[] | undefined>> = affected;
  return [...new Set(events.flatMap(({ type }) => known[type] ?? []))];
}
