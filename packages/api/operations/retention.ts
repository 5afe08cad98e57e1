import { z } from 'zod';
import { defineOperation } from '../operation.ts';

const longest = 3_650;

/** How many days each kind of thing is kept. */
const days = {
  webhooks: z
    .int()
    .min(1)
    .max(longest)
    .describe(
      'Received webhooks with their payloads and dead letters, and the deliveries of outbound ones. What still waits is kept.',
    ),
  feed: z.int().min(7).max(longest).describe('The feed of what happens, for those who follow it, and notices.'),
  audit: z.int().min(90).max(longest).describe('The audit trail.'),
};

const retention = z.object(days);

export const retentionOperations = {
  get: defineOperation({
    id: 'retention.get',
    method: 'GET',
    path: '/retention',
    summary: 'Read for how many days the organization keeps what grows',
    scope: 'organization:read',
    status: 200,
    response: retention,
    errors: [],
    cli: 'retention get',
  }),
  set: defineOperation({
    id: 'retention.set',
    method: 'PATCH',
    path: '/retention',
    summary: 'Set for how many days the organization keeps what grows; what is absent stays',
    description:
      'Older rows are removed by the next run of the worker, which is within the hour, and do not come back.',
    scope: 'organization:write',
    body: retention.partial(),
    status: 200,
    response: retention,
    errors: [],
    cli: 'retention set',
  }),
};
