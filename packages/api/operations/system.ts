import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';

const component = z.object({ name: z.string(), ready: z.boolean(), reason: z.string().optional() });

const health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  components: z.array(component),
});

/** The kinds of thing that happen in an organization, as the live feed shows them. */
export const eventTypes = [
  'tool.imported',
  'tool.deleted',
  'tool.changed',
  'tool.resource_updated',
  'tool.called',
  'prompt.changed',
  'webhook.received',
  'webhook.processed',
  'webhook.dead',
  'notification.created',
  'delivery.failed',
  'endpoint.disabled',
  'agent.online',
  'agent.offline',
  'task.created',
  'task.assigned',
  'task.completed',
  'task.failed',
  'repository.progress',
  'repository.indexed',
  'repository.failed',
  'session.revoked',
  'access.changed',
] as const;

export type EventType = (typeof eventTypes)[number];

/** One entry of the live feed. */
const meshEvent = z.object({
  cursor: z.string().describe('Resume after it with `Last-Event-ID`.'),
  type: z.enum(eventTypes),
  subjectId: z.string().describe('The thing it is about.'),
  agentId: id.optional().describe('The agent it is meant for.'),
  summary: z.string(),
  data: jsonObject,
  traceId: z.string().optional(),
  at: instant,
});

export type MeshEvent = z.output<typeof meshEvent>;

const eventTypeList = z
  .string()
  .max(500)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(eventTypes)))
  .describe('Types of events, separated by commas, that are left out.');

export const systemOperations = {
  health: defineOperation({
    id: 'system.health',
    method: 'GET',
    path: '/health',
    summary: 'Tell which parts work',
    scope: 'public',
    status: 200,
    response: health,
    errors: ['unavailable'],
    cli: 'health',
  }),
  streamEvents: defineOperation({
    id: 'system.streamEvents',
    method: 'GET',
    path: '/events',
    summary: 'Follow what happens in the organization, as server-sent events',
    description:
      'Agent keys do not get what is meant for other agents. Resume with `Last-Event-ID` (or `after`). Where types are left out, `passed` events tell now and then from where.',
    scope: 'events:read',
    query: z.object({ after: z.string().max(100).optional(), without: eventTypeList.optional() }),
    status: 200,
    stream: true,
    errors: [],
  }),
  listEvents: defineOperation({
    id: 'system.listEvents',
    method: 'GET',
    path: '/events/recent',
    summary: 'List what happened lately, newest first',
    scope: 'events:read',
    query: pageQuery,
    status: 200,
    response: pageOf(meshEvent).extend({
      head: z
        .string()
        .describe('Follow the feed after this cursor to miss nothing; some listed events may come again.'),
    }),
    errors: [],
    cli: 'feed',
  }),
};
