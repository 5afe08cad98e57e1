import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';

/** How urgent a notice is: the severities of syslog (RFC 5424), which are also the log levels of MCP; least urgent first. */
export const severities = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

export type Severity = (typeof severities)[number];

const notification = z.object({
  id,
  title: z.string(),
  text: z.string(),
  severity: z.enum(severities),
  agentId: id.optional().describe('The agent it is meant for; absent, everybody.'),
  sourceEventId: id.optional().describe('The received webhook that caused it.'),
  createdBy: z.string().describe('`key:<id>`, `agent:<id>` or `system:<job>`.'),
  traceId: z.string().optional(),
  createdAt: instant,
  readAt: instant.optional().describe('When the presented key (or its agent) marked it as read.'),
});

export const notificationOperations = {
  create: defineOperation({
    id: 'notifications.create',
    method: 'POST',
    path: '/notifications',
    summary: 'Notify everybody in the organization, or one agent',
    description: 'It shows in the list, in the event feed, to open MCP sessions, and goes to the webhook endpoints.',
    scope: 'notifications:write',
    body: z.object({
      title: z.string().min(1).max(200),
      text: z.string().max(4_000).default(''),
      severity: z.enum(severities).default('info'),
      agentId: id.optional().describe('Only for this agent; absent: for everybody.'),
    }),
    status: 201,
    response: notification,
    errors: ['not_found'],
    idempotencyKey: true,
    cli: 'notifications create',
  }),
  list: defineOperation({
    id: 'notifications.list',
    method: 'GET',
    path: '/notifications',
    summary: 'List notices, newest first',
    description: 'An agent gets what is meant for everybody and for itself.',
    scope: 'events:read',
    query: pageQuery.extend({
      unread: z.enum(['true', 'false']).default('false').describe('Whether to leave out what was marked as read.'),
    }),
    status: 200,
    response: pageOf(notification),
    errors: [],
    mcp: { tool: 'devmesh.notification.list', readOnly: true },
    cli: 'notifications list',
  }),
  markRead: defineOperation({
    id: 'notifications.markRead',
    method: 'POST',
    path: '/notifications/read',
    summary: 'Mark notices as read',
    description:
      'For the presented key only; for an agent key, for its agent. Notices that it may not see are left alone.',
    scope: 'events:read',
    body: z.object({ ids: z.array(id).min(1).max(200).describe('The notices.') }),
    status: 200,
    response: z.object({ marked: z.number().int().describe('How many were unread until now.') }),
    errors: [],
    mcp: { tool: 'devmesh.notification.read', readOnly: false, idempotent: true },
    cli: 'notifications read',
  }),
};
