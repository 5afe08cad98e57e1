import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';

const webhookEvent = z.object({
  id,
  sourceId: id,
  deliveryId: z.string(),
  event: z.string(),
  status: z.enum(['received', 'processed', 'dead']),
  attempts: z.number().int(),
  lastError: z.string().optional(),
  taskId: id.optional().describe('The first task it caused.'),
  traceId: z.string().optional(),
  receivedAt: instant,
  processedAt: instant.optional(),
});

const deadLetter = z.object({
  id,
  eventId: id,
  event: z.string(),
  reason: z.string(),
  attempts: z.number().int(),
  createdAt: instant,
  redrivenAt: instant.optional(),
});

export const webhookEventOperations = {
  listEvents: defineOperation({
    id: 'webhooks.listEvents',
    method: 'GET',
    path: '/webhook-events',
    summary: 'List received webhooks, newest first',
    scope: 'webhooks:read',
    query: pageQuery.extend({ status: z.enum(['received', 'processed', 'dead']).optional() }),
    status: 200,
    response: pageOf(webhookEvent),
    errors: [],
    cli: 'webhooks events',
  }),
  getEvent: defineOperation({
    id: 'webhooks.getEvent',
    method: 'GET',
    path: '/webhook-events/{eventId}',
    summary: 'Read a received webhook with its payload',
    scope: 'webhooks:read',
    params: z.object({ eventId: id }),
    status: 200,
    response: webhookEvent.extend({ payload: jsonObject }),
    errors: ['not_found'],
    cli: 'webhooks event',
  }),
  listDeadLetters: defineOperation({
    id: 'webhooks.listDeadLetters',
    method: 'GET',
    path: '/dead-letters',
    summary: 'List webhooks that could not be processed, newest first',
    scope: 'webhooks:read',
    query: pageQuery,
    status: 200,
    response: pageOf(deadLetter),
    errors: [],
    cli: 'dlq list',
  }),
  redrive: defineOperation({
    id: 'webhooks.redrive',
    method: 'POST',
    path: '/dead-letters/{deadLetterId}/redrive',
    summary: 'Process a dead letter again; a second redrive does nothing',
    scope: 'webhooks:write',
    params: z.object({ deadLetterId: id }),
    status: 202,
    response: deadLetter,
    errors: ['not_found'],
    cli: 'dlq redrive',
  }),
};
