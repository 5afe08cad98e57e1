import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant } from '../schemas.ts';

export const toolUsageOperations = {
  toolUsage: defineOperation({
    id: 'tools.usage',
    method: 'GET',
    path: '/tools/usage',
    summary: 'How often tools were called, how fast they answered, how often they failed and what it cost',
    description:
      'Counted by the hour; `from` and `to` take whole hours that begin between them. Calls of the last seconds may be missing.',
    scope: 'tools:read',
    query: z.object({
      from: instant.optional().describe('Default: a day before `to`.'),
      to: instant.optional().describe('Default: now.'),
      group: z.enum(['tool', 'service', 'principal']).default('tool'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    status: 200,
    response: z.object({
      from: instant,
      to: instant,
      items: z
        .array(
          z.object({
            name: z.string().describe('Of the tool or service; of a caller `user`, `agent` or `key` and its id.'),
            calls: z.number().int(),
            errors: z.number().int(),
            errorRate: z.number(),
            answerBytes: z.number().int(),
            meanMilliseconds: z.number(),
            p50Milliseconds: z.number().describe('The bound of its class of durations.'),
            p95Milliseconds: z.number(),
            costMicros: z
              .number()
              .int()
              .optional()
              .describe('In millionths, by the prices that are set now; absent where none is.'),
          }),
        )
        .describe('The most called first.'),
    }),
    errors: [],
    cli: 'tools usage',
  }),
  setToolPrice: defineOperation({
    id: 'tools.setPrice',
    method: 'PUT',
    path: '/tools/{toolId}/price',
    summary: 'Say what one call of a service costs, in millionths of your currency',
    scope: 'tools:write',
    params: z.object({ toolId: id }),
    body: z.object({ microsPerCall: z.number().int().min(0).max(1_000_000_000_000) }),
    status: 204,
    errors: ['not_found'],
  }),
};
