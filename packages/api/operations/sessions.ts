import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';

const text = z.string().max(200);

/** The kinds of client that a gateway tells apart; they decide how things are shown, never what may be done. */
export const connectionModes = ['claude-code', 'ide', 'agent', 'standard'] as const;

export type ConnectionMode = (typeof connectionModes)[number];

const mode = z.enum(connectionModes).default('standard').describe('The kind of client that the gateway takes it for.');

/** What a gateway says of a session that it holds; how long ago it began rather than when, as clocks differ. */
const opened = z.object({
  clientName: text,
  clientVersion: text,
  protocolVersion: z.string().max(64),
  transport: z.enum(['websocket', 'http']),
  mode,
  gateway: text,
  connectedSecondsAgo: z.int().min(0).max(315_360_000).default(0),
});

const session = z.object({
  id,
  keyId: id,
  agentId: id.optional().describe('The agent that it acts as.'),
  clientName: z.string(),
  clientVersion: z.string(),
  protocolVersion: z.string(),
  transport: z.enum(['websocket', 'http']),
  mode,
  gateway: z.string().describe('Which gateway holds it.'),
  connectedAt: instant,
  lastSeenAt: instant.describe('When its gateway last said that it is open.'),
  latencyMilliseconds: z
    .number()
    .optional()
    .describe('The latest round trip between gateway and client; absent where none was measured.'),
});

const some = z.array(id).min(1).max(100);

export const sessionOperations = {
  open: defineOperation({
    id: 'sessions.open',
    method: 'POST',
    path: '/sessions',
    summary: 'Tell that sessions of the presented key are open on a gateway',
    description: 'A session that is not refreshed for 100 seconds is taken for gone. Its id authenticates nobody.',
    scope: 'organization:read',
    body: z.object({ sessions: z.array(opened).min(1).max(100) }),
    status: 201,
    response: z.object({ sessionIds: z.array(id).describe('In the order of the sessions.') }),
    errors: ['unavailable'],
  }),
  refresh: defineOperation({
    id: 'sessions.refresh',
    method: 'POST',
    path: '/sessions/refresh',
    summary: 'Tell that sessions of the presented key are still open, and hear which must end',
    description: 'Every 30 seconds.',
    scope: 'organization:read',
    body: z.object({
      sessionIds: some,
      latencies: z
        .array(z.number().min(0).max(3_600_000).nullable())
        .max(100)
        .default([])
        .describe(
          'The latest round trip of each in milliseconds, in the order of the ids; null where none was measured.',
        ),
    }),
    status: 200,
    response: z.object({
      revoked: z.array(id).describe('Those that somebody revoked: the gateway ends them.'),
      unknown: z.array(id).describe('Those that nobody remembers: the gateway opens them again.'),
    }),
    errors: ['unavailable'],
  }),
  close: defineOperation({
    id: 'sessions.close',
    method: 'POST',
    path: '/sessions/close',
    summary: 'Tell that sessions of the presented key have ended',
    scope: 'organization:read',
    body: z.object({ sessionIds: some }),
    status: 204,
    errors: ['unavailable'],
  }),
  list: defineOperation({
    id: 'sessions.list',
    method: 'GET',
    path: '/sessions',
    summary: 'List the open MCP sessions of the organization on all gateways, newest first',
    scope: 'organization:write',
    query: pageQuery,
    status: 200,
    response: pageOf(session),
    errors: ['unavailable'],
    cli: 'sessions list',
  }),
  revoke: defineOperation({
    id: 'sessions.revoke',
    method: 'DELETE',
    path: '/sessions/{sessionId}',
    summary: 'End an MCP session on whichever gateway holds it',
    description: 'Its key stays valid: to keep the client out, revoke the key.',
    scope: 'organization:write',
    params: z.object({ sessionId: id }),
    status: 204,
    errors: ['not_found', 'unavailable'],
    cli: 'sessions revoke',
  }),
};
