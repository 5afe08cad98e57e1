import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { capability, id, instant, pageOf, pageQuery } from '../schemas.ts';

const rule = z.object({
  event: z.string().min(1).max(100).describe('The event it applies to, e.g. `push`; `*` for every event.'),
  task: z
    .object({
      title: z.string().min(1).max(200).describe('May hold `{path.in.payload}`, e.g. `Review {repository.full_name}`.'),
      capability,
    })
    .describe('The task to create.'),
});

const webhookSource = z.object({
  id,
  name: z.string(),
  kind: z.enum(['github']),
  path: z.string().describe('Where the sender posts to, on this server.'),
  rules: z.array(rule),
  createdAt: instant,
});

export const webhookOperations = {
  createSource: defineOperation({
    id: 'webhooks.createSource',
    method: 'POST',
    path: '/webhook-sources',
    summary: 'Create a source of webhooks with its own secret and rules',
    scope: 'webhooks:write',
    body: z.object({
      name: z.string().min(1).max(100),
      kind: z.enum(['github']),
      secret: z.string().min(16).max(500).optional().describe('Absent: one is made.'),
      rules: z.array(rule).max(50).default([]),
    }),
    status: 201,
    response: z.object({ source: webhookSource, secret: z.string().describe('Shown this once; stored encrypted.') }),
    errors: ['conflict'],
    idempotencyKey: true,
    cli: 'webhooks create',
  }),
  listSources: defineOperation({
    id: 'webhooks.listSources',
    method: 'GET',
    path: '/webhook-sources',
    summary: 'List sources of webhooks',
    scope: 'webhooks:read',
    query: pageQuery,
    status: 200,
    response: pageOf(webhookSource),
    errors: [],
    cli: 'webhooks list',
  }),
  receive: defineOperation({
    id: 'webhooks.receive',
    method: 'POST',
    path: '/webhooks/{sourceId}',
    summary: 'Receive a signed webhook',
    description:
      'GitHub: `X-Hub-Signature-256` is verified over the raw body. 202 is sent once the event is committed; the same delivery id again answers 202 without a second effect.',
    scope: 'public',
    params: z.object({ sourceId: id }),
    raw: true,
    status: 202,
    response: z.object({ eventId: id, duplicate: z.boolean() }),
    errors: ['bad_signature', 'too_large', 'malformed_message', 'unavailable', 'disk_full'],
  }),
};
