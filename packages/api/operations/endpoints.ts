import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';
import { delivery } from './deliveries.ts';
import { eventTypes } from './system.ts';

const prefixes = [...new Set(eventTypes.map((type) => `${type.split('.')[0] ?? ''}.*`))];

/** What an endpoint can ask for. */
const eventPattern = z
  .enum(['*', ...prefixes, ...eventTypes])
  .describe('`*` for every event, `task.*` for all of one kind, or one event such as `task.created`.');

const url = z
  .url({ protocol: /^https?$/u, hostname: /./u })
  .max(2_000)
  .refine((text) => !/^\w+:\/\/[^/?#]*@/u.test(text), 'must not carry a user or a password; use a header')
  .describe('Where to post to. Private addresses are refused unless the operator allowed them.');

const headers = z
  .record(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/u, 'must be a header name'),
    z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?$/u, 'must be printable ASCII'),
  )
  .refine((all) => Object.keys(all).length <= 10, 'at most 10 headers')
  .describe('Added to every request; stored encrypted, and shown to nobody again.');

const description = z.string().max(500);
const eventPatterns = z.array(eventPattern).min(1).max(50);

const endpoint = z.object({
  id,
  url: z.string(),
  description: z.string(),
  eventTypes: z.array(z.string()),
  headers: z.array(z.string()).describe('The names of the headers that are added.'),
  enabled: z.boolean(),
  disabledReason: z
    .enum(['asked', 'gone', 'failing'])
    .optional()
    .describe('Somebody asked for it; it answered 410; it failed for five days.'),
  breaker: z
    .enum(['closed', 'open', 'probing'])
    .describe('Open: nothing is sent until `openUntil`; probing: one delivery is tried.'),
  failuresInARow: z.number().int(),
  failingSince: instant.optional(),
  openUntil: instant.optional(),
  previousSecretUntil: instant.optional().describe('Until when the secret before the last rotation signs as well.'),
  createdAt: instant,
});

const signed = z.object({
  endpoint,
  secret: z.string().describe('`whsec_…`, for any library of Standard Webhooks. Shown this once; stored encrypted.'),
});

const params = z.object({ endpointId: id });

export const endpointOperations = {
  create: defineOperation({
    id: 'endpoints.create',
    method: 'POST',
    path: '/endpoints',
    summary: 'Send what happens in the organization to a URL, as signed webhooks',
    description:
      'Deliveries follow the event feed from now on, signed as Standard Webhooks and tried again for about a day.',
    scope: 'webhooks:write',
    body: z.object({
      url,
      description: description.default(''),
      eventTypes: eventPatterns.default(['*']),
      headers: headers.default({}),
    }),
    status: 201,
    response: signed,
    errors: ['conflict'],
    idempotencyKey: true,
    cli: 'endpoints create',
  }),
  list: defineOperation({
    id: 'endpoints.list',
    method: 'GET',
    path: '/endpoints',
    summary: 'List webhook endpoints',
    scope: 'webhooks:read',
    query: pageQuery,
    status: 200,
    response: pageOf(endpoint),
    errors: [],
    cli: 'endpoints list',
  }),
  get: defineOperation({
    id: 'endpoints.get',
    method: 'GET',
    path: '/endpoints/{endpointId}',
    summary: 'Read a webhook endpoint and how its breaker stands',
    scope: 'webhooks:read',
    params,
    status: 200,
    response: endpoint,
    errors: ['not_found'],
    cli: 'endpoints get',
  }),
  update: defineOperation({
    id: 'endpoints.update',
    method: 'PATCH',
    path: '/endpoints/{endpointId}',
    summary: 'Change a webhook endpoint, or switch it on or off',
    description: 'Switching it on closes its breaker; it goes on in the feed where it stopped.',
    scope: 'webhooks:write',
    params,
    body: z.object({
      url: url.optional(),
      description: description.optional(),
      eventTypes: eventPatterns.optional(),
      headers: headers.optional().describe('Replaces all that were added; `{}` removes them.'),
      enabled: z.boolean().optional(),
    }),
    status: 200,
    response: endpoint,
    errors: ['not_found'],
    cli: 'endpoints update',
  }),
  delete: defineOperation({
    id: 'endpoints.delete',
    method: 'DELETE',
    path: '/endpoints/{endpointId}',
    summary: 'Delete a webhook endpoint with its deliveries',
    scope: 'webhooks:write',
    params,
    status: 204,
    errors: ['not_found'],
    cli: 'endpoints delete',
  }),
  rotate: defineOperation({
    id: 'endpoints.rotate',
    method: 'POST',
    path: '/endpoints/{endpointId}/rotate',
    summary: 'Give a webhook endpoint a new signing secret',
    description: 'During the grace every request carries two signatures, so that the receiver can change over.',
    scope: 'webhooks:write',
    params,
    body: z.object({
      graceSeconds: z
        .number()
        .int()
        .min(0)
        .max(604_800)
        .default(86_400)
        .describe('How long the old secret signs as well.'),
    }),
    status: 200,
    response: signed,
    errors: ['not_found'],
    idempotencyKey: true,
    cli: 'endpoints rotate',
  }),
  test: defineOperation({
    id: 'endpoints.test',
    method: 'POST',
    path: '/endpoints/{endpointId}/test',
    summary: 'Send an `endpoint.test` event to a webhook endpoint, once',
    scope: 'webhooks:write',
    params,
    status: 202,
    response: delivery,
    errors: ['not_found', 'invalid_state'],
    cli: 'endpoints test',
  }),
  stats: defineOperation({
    id: 'endpoints.stats',
    method: 'GET',
    path: '/endpoints/{endpointId}/stats',
    summary: 'Tell how a webhook endpoint answered lately',
    scope: 'webhooks:read',
    params,
    query: z.object({ hours: z.coerce.number().int().min(1).max(168).default(24) }),
    status: 200,
    response: z.object({
      attempts: z.number().int(),
      succeeded: z.number().int(),
      successRate: z.number().optional().describe('From 0 to 1; absent without an attempt.'),
      p50Milliseconds: z.number().optional(),
      p95Milliseconds: z.number().optional(),
      waiting: z.number().int().describe('Deliveries that wait now.'),
    }),
    errors: ['not_found'],
    cli: 'endpoints stats',
  }),
};
