import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';

const eventStatus = z.enum(['received', 'processed', 'dead']);
const eventName = z.string().min(1).max(100);

const webhookEvent = z.object({
  id,
  sourceId: id,
  deliveryId: z.string(),
  event: z.string(),
  action: z.string().optional(),
  status: eventStatus,
  attempts: z.number().int().describe('Tries of the present run.'),
  run: z.number().int().describe('1 as it came; one more for each redrive and replay.'),
  lastError: z.string().optional(),
  taskId: id.optional().describe('The first task it caused.'),
  traceId: z.string().optional(),
  receivedAt: instant,
  processedAt: instant.optional(),
});

const effect = z.object({
  run: z.number().int(),
  ruleId: id,
  rule: z.string(),
  action: z.string(),
  subjectId: id.optional().describe('The task, repository or notification.'),
  summary: z.string(),
});

const wholeEvent = webhookEvent.extend({
  payload: jsonObject.describe('As it was received. Headers are not stored: they may hold secrets.'),
  effects: z.array(effect).describe('What it caused, by all its runs.'),
});

const deadLetter = z.object({
  id,
  eventId: id,
  sourceId: id,
  event: z.string(),
  reason: z.string(),
  attempts: z.number().int(),
  createdAt: instant,
  status: z.enum(['open', 'redriven', 'replayed', 'discarded']),
  eventStatus: eventStatus.describe('How its event stands now.'),
  resolvedAt: instant.optional(),
  note: z.string().optional().describe('Why it was discarded.'),
});

const replay = z.object({
  id,
  state: z
    .enum(['running', 'finished', 'cancelled'])
    .describe('`finished`: every event was put back; `waiting` tells the rest.'),
  from: instant,
  to: instant,
  sourceId: id.optional(),
  event: z.string().optional(),
  status: z.enum(['processed', 'dead']).optional(),
  position: id.optional().describe('The last event that was looked at; events are taken in the order they came.'),
  replayed: z.number().int().describe('Events put back.'),
  skipped: z.number().int().describe('Matching events that waited to be processed anyway.'),
  createdBy: z.string(),
  createdAt: instant,
  endedAt: instant.optional(),
});

const replayProgress = replay.extend({
  waiting: z.number().int().describe('Events put back and not processed yet.'),
});

const ofEvent = z.object({ eventId: id });
const ofLetter = z.object({ deadLetterId: id });
const ofReplay = z.object({ replayId: id });

const letterFilter = {
  sourceId: id.optional(),
  event: eventName.optional(),
  from: instant.optional().describe('Given up then or later.'),
  to: instant.optional().describe('Given up before.'),
};

export const webhookEventOperations = {
  listEvents: defineOperation({
    id: 'webhooks.listEvents',
    method: 'GET',
    path: '/webhook-events',
    summary: 'Search received webhooks, newest first',
    description:
      'A request looks at a bounded number of events (`looked`). A page may be short or empty although older events match: with `nextCursor` the search goes on where this one ended.',
    scope: 'webhooks:read',
    query: pageQuery.extend({
      status: eventStatus.optional(),
      sourceId: id.optional(),
      event: eventName.optional(),
      deliveryId: z.string().min(1).max(200).optional().describe("The sender's own id."),
      from: instant.optional().describe('Received then or later.'),
      to: instant.optional().describe('Received before.'),
      text: z.string().min(2).max(200).optional().describe('Stands somewhere in the payload.'),
    }),
    status: 200,
    response: pageOf(webhookEvent).extend({ looked: z.number().int().describe('Events that this request looked at.') }),
    errors: [],
    cli: 'events list',
  }),
  getEvent: defineOperation({
    id: 'webhooks.getEvent',
    method: 'GET',
    path: '/webhook-events/{eventId}',
    summary: 'Read a received webhook with its payload and what it caused',
    scope: 'webhooks:read',
    params: ofEvent,
    status: 200,
    response: wholeEvent,
    errors: ['not_found'],
    cli: 'events get',
  }),
  replayEvent: defineOperation({
    id: 'webhooks.replayEvent',
    method: 'POST',
    path: '/webhook-events/{eventId}/replay',
    summary: 'Process a webhook again by the present rules',
    description: 'Each replay has its effects once; send an Idempotency-Key to be sure that one request is one replay.',
    scope: 'webhooks:write',
    params: ofEvent,
    status: 202,
    response: webhookEvent,
    errors: ['not_found', 'invalid_state'],
    idempotencyKey: true,
    cli: 'events replay',
  }),
  replayRange: defineOperation({
    id: 'webhooks.replayRange',
    method: 'POST',
    path: '/webhook-replays',
    summary: 'Process webhooks of a time again by the present rules',
    description:
      'Workers carry it out in batches, giving way to what comes in; events that wait to be processed anyway are left alone. With `dryRun` nothing happens but a count, no further than 100,000.',
    scope: 'webhooks:write',
    body: z.object({
      from: instant.describe('Received then or later.'),
      to: instant.describe('Received before; at most now.'),
      sourceId: id.optional(),
      event: eventName.optional(),
      status: z.enum(['processed', 'dead']).optional(),
      dryRun: z.boolean().default(false),
    }),
    status: 202,
    response: z.object({ matching: z.number().int().optional(), replay: replayProgress.optional() }),
    errors: [],
    idempotencyKey: true,
    cli: 'events replay-range',
  }),
  listReplays: defineOperation({
    id: 'webhooks.listReplays',
    method: 'GET',
    path: '/webhook-replays',
    summary: 'List replays of ranges, newest first',
    scope: 'webhooks:read',
    query: pageQuery,
    status: 200,
    response: pageOf(replay),
    errors: [],
    cli: 'events replays',
  }),
  getReplay: defineOperation({
    id: 'webhooks.getReplay',
    method: 'GET',
    path: '/webhook-replays/{replayId}',
    summary: 'Read how far a replay is',
    scope: 'webhooks:read',
    params: ofReplay,
    status: 200,
    response: replayProgress,
    errors: ['not_found'],
    cli: 'events replay-progress',
  }),
  cancelReplay: defineOperation({
    id: 'webhooks.cancelReplay',
    method: 'POST',
    path: '/webhook-replays/{replayId}/cancel',
    summary: 'Stop a replay where it is',
    scope: 'webhooks:write',
    params: ofReplay,
    status: 200,
    response: replayProgress,
    errors: ['not_found'],
    cli: 'events replay-cancel',
  }),
  listDeadLetters: defineOperation({
    id: 'webhooks.listDeadLetters',
    method: 'GET',
    path: '/dead-letters',
    summary: 'List webhooks that could not be processed, newest first',
    scope: 'webhooks:read',
    query: pageQuery.extend({
      status: z.enum(['open', 'redriven', 'replayed', 'discarded']).optional(),
      ...letterFilter,
    }),
    status: 200,
    response: pageOf(deadLetter),
    errors: [],
    cli: 'dlq list',
  }),
  getDeadLetter: defineOperation({
    id: 'webhooks.getDeadLetter',
    method: 'GET',
    path: '/dead-letters/{deadLetterId}',
    summary: 'Read a dead letter',
    scope: 'webhooks:read',
    params: ofLetter,
    status: 200,
    response: deadLetter,
    errors: ['not_found'],
    cli: 'dlq get',
  }),
  redrive: defineOperation({
    id: 'webhooks.redrive',
    method: 'POST',
    path: '/dead-letters/{deadLetterId}/redrive',
    summary: 'Process a dead letter again; a second redrive does nothing',
    scope: 'webhooks:write',
    params: ofLetter,
    status: 202,
    response: deadLetter,
    errors: ['not_found'],
    cli: 'dlq redrive',
  }),
  redriveMany: defineOperation({
    id: 'webhooks.redriveMany',
    method: 'POST',
    path: '/dead-letters/redrive',
    summary: 'Process open dead letters again, the oldest first',
    description: 'At most `limit` at once; `more` tells whether to ask again. Each is redriven once.',
    scope: 'webhooks:write',
    body: z.object({ ...letterFilter, limit: z.number().int().min(1).max(500).default(100) }),
    status: 202,
    response: z.object({ redriven: z.number().int(), more: z.boolean() }),
    errors: [],
    cli: 'dlq redrive-many',
  }),
  discard: defineOperation({
    id: 'webhooks.discard',
    method: 'POST',
    path: '/dead-letters/{deadLetterId}/discard',
    summary: 'Settle a dead letter without another try',
    scope: 'webhooks:write',
    params: ofLetter,
    body: z.object({ reason: z.string().min(1).max(1000) }),
    status: 200,
    response: deadLetter,
    errors: ['not_found'],
    cli: 'dlq discard',
  }),
};
