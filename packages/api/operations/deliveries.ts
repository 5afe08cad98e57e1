import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';

const status = z
  .enum(['waiting', 'delivered', 'failed'])
  .describe('Failed: every attempt of the schedule was made; it can be sent again by hand.');

/** One event on its way to one endpoint. */
export const delivery = z.object({
  id: id.describe('Also the `webhook-id` that the receiver sees, the same in every attempt.'),
  endpointId: id,
  eventType: z.string(),
  status,
  attempts: z.number().int(),
  nextAttemptAt: instant.optional().describe('The earliest time of the next attempt; later while the breaker is open.'),
  lastStatus: z.number().int().optional().describe('What the receiver answered last.'),
  lastError: z.string().optional().describe('A code of the error table, or the HTTP status.'),
  createdAt: instant,
  finishedAt: instant.optional(),
});

const attempt = z.object({
  number: z.number().int(),
  at: instant,
  durationMilliseconds: z.number().int(),
  succeeded: z.boolean(),
  statusCode: z.number().int().optional(),
  errorCode: z.string().optional().describe('Why there was no answer: a code of the error table.'),
  excerpt: z.string().describe('The beginning of the answer, or why there was none; secrets are replaced.'),
});

export const deliveryOperations = {
  list: defineOperation({
    id: 'deliveries.list',
    method: 'GET',
    path: '/deliveries',
    summary: 'List what was sent to webhook endpoints, newest first',
    scope: 'webhooks:read',
    query: pageQuery.extend({
      endpointId: id.optional(),
      status: status.optional(),
      since: instant.optional(),
      until: instant.optional(),
    }),
    status: 200,
    response: pageOf(delivery),
    errors: [],
    cli: 'deliveries list',
  }),
  get: defineOperation({
    id: 'deliveries.get',
    method: 'GET',
    path: '/deliveries/{deliveryId}',
    summary: 'Read a delivery with its payload and every attempt',
    scope: 'webhooks:read',
    params: z.object({ deliveryId: id }),
    status: 200,
    response: delivery.extend({
      payload: z.string().describe('The very text that is signed and sent.'),
      log: z.array(attempt),
    }),
    errors: ['not_found'],
    cli: 'deliveries get',
  }),
  retry: defineOperation({
    id: 'deliveries.retry',
    method: 'POST',
    path: '/deliveries/{deliveryId}/retry',
    summary: 'Send a failed delivery once more; one that has not failed is left as it is',
    scope: 'webhooks:write',
    params: z.object({ deliveryId: id }),
    status: 202,
    response: delivery,
    errors: ['not_found', 'invalid_state'],
    cli: 'deliveries retry',
  }),
  retryRange: defineOperation({
    id: 'deliveries.retryRange',
    method: 'POST',
    path: '/endpoints/{endpointId}/retry',
    summary: 'Send the failed deliveries of an endpoint once more, those of a range of time',
    description: 'Up to 1,000 at once, the oldest first; repeat it until it answers 0.',
    scope: 'webhooks:write',
    params: z.object({ endpointId: id }),
    body: z.object({
      since: instant.describe('Made at or after.'),
      until: instant.optional().describe('Made before.'),
    }),
    status: 202,
    response: z.object({ retried: z.number().int() }),
    errors: ['not_found', 'invalid_state'],
    cli: 'deliveries retry-range',
  }),
};
