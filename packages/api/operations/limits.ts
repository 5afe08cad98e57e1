import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { capability, id, instant } from '../schemas.ts';

const scopes = ['tenant', 'agent', 'capability', 'tool'] as const;

const toolName = z
  .string()
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/u);

const numbers = {
  limit: z.int().min(1).max(1_000_000).describe('How many at once; the allowance refills evenly over the window.'),
  windowSeconds: z.int().min(1).max(86_400).describe('The window, at most a day.'),
};

const params = z.object({
  scope: z
    .enum(scopes)
    .describe(
      'What is limited: all requests of the organization, requests of an agent, tasks created for a capability, calls of a tool.',
    ),
  subject: z
    .string()
    .min(1)
    .max(64)
    .describe(
      'The id of an agent, the name of a capability or a tool, or `*`: each one by itself. With `tenant`: `*`.',
    ),
});

const limit = z.object({
  scope: z.enum(['key', ...scopes]),
  subject: z.string(),
  ...numbers,
  limit: z.int(),
  setBy: z.enum(['operator', 'organization']).describe("The operator's hold always; the organization's come on top."),
  updatedAt: instant.optional(),
});

const usage = limit.extend({
  remaining: z.int().optional().describe('How many are left at once; absent where `*` needs a name to look at.'),
  resetSeconds: z.int().optional().describe('Seconds until one more is there; 0 while some remain.'),
  fullSeconds: z.int().optional().describe('Seconds until all of it is there again.'),
});

export const limitOperations = {
  list: defineOperation({
    id: 'limits.list',
    method: 'GET',
    path: '/limits',
    summary: 'List the rate limits that hold in the organization',
    scope: 'organization:read',
    status: 200,
    response: z.object({ items: z.array(limit) }),
    errors: [],
    cli: 'limits list',
  }),
  set: defineOperation({
    id: 'limits.set',
    method: 'PUT',
    path: '/limits/{scope}/{subject}',
    summary: 'Set a rate limit',
    description:
      'A named subject has its own limit instead of that of `*`. A limit with new numbers begins with its whole allowance.',
    scope: 'organization:write',
    params,
    body: z.object({ limit: numbers.limit, windowSeconds: numbers.windowSeconds.default(60) }),
    status: 200,
    response: limit,
    errors: ['conflict'],
    cli: 'limits set',
  }),
  delete: defineOperation({
    id: 'limits.delete',
    method: 'DELETE',
    path: '/limits/{scope}/{subject}',
    summary: 'Remove a rate limit',
    scope: 'organization:write',
    params,
    status: 204,
    errors: ['not_found'],
    cli: 'limits delete',
  }),
  usage: defineOperation({
    id: 'limits.usage',
    method: 'GET',
    path: '/limits/usage',
    summary: 'Tell what is left now of each rate limit; looking takes nothing',
    description:
      'What a limit for `*` leaves to one agent, capability or tool is told for the one that is named in the query.',
    scope: 'organization:read',
    query: z.object({ agent: id.optional(), capability: capability.optional(), tool: toolName.optional() }),
    status: 200,
    response: z.object({ items: z.array(usage) }),
    errors: [],
    cli: 'limits usage',
  }),
};
