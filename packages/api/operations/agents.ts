import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { capability, id, instant, pageOf, pageQuery } from '../schemas.ts';

const agent = z.object({
  id,
  name: z.string(),
  description: z.string(),
  capabilities: z.array(capability),
  offered: z.array(capability).describe('Those that its open sessions offer: it is given tasks for no others.'),
  maximumTasks: z.number().int().describe('Tasks it works on at once.'),
  status: z.enum(['online', 'offline']),
  runningTasks: z.number().int(),
  createdAt: instant,
  lastSeenAt: instant.optional(),
});

export const agentOperations = {
  createAgent: defineOperation({
    id: 'agents.create',
    method: 'POST',
    path: '/agents',
    summary: 'Declare an agent and what it can do',
    description:
      'Create an agent key with its id afterwards; the agent is online while a session with that key is open.',
    scope: 'agents:write',
    body: z.object({
      name: z.string().min(1).max(100),
      description: z.string().max(2000).default(''),
      capabilities: z.array(capability).min(1).max(50),
      maximumTasks: z.number().int().min(1).max(100).default(3),
    }),
    status: 201,
    response: agent,
    errors: ['conflict'],
    idempotencyKey: true,
    cli: 'agents create',
  }),
  listAgents: defineOperation({
    id: 'agents.list',
    method: 'GET',
    path: '/agents',
    summary: 'List agents and whether they are online',
    scope: 'agents:read',
    query: pageQuery,
    status: 200,
    response: pageOf(agent),
    errors: [],
    mcp: { tool: 'devmesh.agent.list', readOnly: true },
    cli: 'agents list',
  }),
  /** An agent's session says that it lives; three missed beats make it offline. */
  beat: defineOperation({
    id: 'agents.beat',
    method: 'POST',
    path: '/agents/self/beat',
    summary: 'Say that the agent of the presented key is here',
    description: 'Every 20 seconds while a session is open. `leaving` takes it offline at once.',
    scope: 'tasks:write',
    body: z.object({
      sessionId: z.string().min(1).max(200),
      leaving: z.boolean().default(false),
      offers: z
        .array(capability)
        .max(50)
        .optional()
        .describe('Those of its capabilities that the session offers, from its first beat on. Absent: all.'),
    }),
    status: 200,
    response: agent,
    errors: ['forbidden'],
  }),
};
