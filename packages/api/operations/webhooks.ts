import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';
import { ruleOfSource } from './rules.ts';

/** The kinds of senders that are understood. */
const webhookKinds = [
  'github',
  'gitlab',
  'bitbucket',
  'gitea',
  'gogs',
  'azure-devops',
  'jira',
  'slack',
  'stripe',
  'pagerduty',
  'sentry',
  'datadog',
  'harness',
  'artifactory',
  'sonarqube',
  'standard-webhooks',
  'generic-hmac',
  'generic-token',
] as const;

const headerName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9-]+$/u, 'letters, digits and hyphens only')
  .describe('The name of a header.');

const place = z
  .union([
    z.strictObject({ header: headerName }),
    z.strictObject({ path: z.string().min(1).max(200).describe('A dotted path of the body, e.g. `event.type`.') }),
  ])
  .describe('Where a value of the webhook is.');

const settings = z
  .strictObject({
    header: headerName.optional().describe('The header that carries the signature or the token.'),
    algorithm: z.enum(['sha256', 'sha512']).optional(),
    encoding: z.enum(['hex', 'base64']).optional(),
    prefix: z.string().max(50).optional().describe('What stands before the signature or token, e.g. `sha256=`.'),
    timestampHeader: headerName.optional().describe('The header with Unix seconds that are signed along.'),
    template: z.string().max(200).optional().describe('What is signed, with `{timestamp}` and `{body}` in it.'),
    event: place.optional(),
    deliveryId: place.optional(),
  })
  .describe('How a sender of a generic kind signs and labels; other kinds take none.');

const name = z.string().min(1).max(100);
const secret = z.string().min(16).max(500).optional().describe('Absent: one is made.');
const shownOnce = z.string().describe('Shown this once; stored encrypted.');
const largestBody = 26_214_400;

/** What may be changed later on. */
const adjustable = {
  toleranceSeconds: z.int().min(1).max(86_400).describe('How far a signed timestamp may be from now, either way.'),
  enabled: z.boolean().describe('A disabled source takes nothing in.'),
  requestsPerMinute: z.int().min(1).max(1_000_000).describe('Webhooks a minute that it may send.'),
  maximumBodyBytes: z.int().min(1_024).max(largestBody).describe('The largest body that it may send.'),
};

const webhookSource = z.object({
  id,
  name: z.string(),
  kind: z.enum(webhookKinds),
  settings,
  path: z.string().describe('Where the sender posts to, on this server.'),
  ...adjustable,
  previousSecretUntil: instant.optional().describe('Until then the secret before the last rotation is valid as well.'),
  createdAt: instant,
  updatedAt: instant,
});

const ofSource = z.object({ sourceId: id });

export const webhookOperations = {
  createSource: defineOperation({
    id: 'webhooks.createSource',
    method: 'POST',
    path: '/webhook-sources',
    summary: 'Create a source of webhooks with its own secret and rules',
    scope: 'webhooks:write',
    body: z.object({
      name,
      kind: z.enum(webhookKinds),
      settings: settings.default({}),
      secret,
      rules: z.array(ruleOfSource).max(50).default([]).describe('Routing rules for this source alone.'),
      toleranceSeconds: adjustable.toleranceSeconds.default(300),
      enabled: adjustable.enabled.default(true),
      requestsPerMinute: adjustable.requestsPerMinute.default(60_000),
      maximumBodyBytes: adjustable.maximumBodyBytes.default(largestBody),
    }),
    status: 201,
    response: z.object({ source: webhookSource, secret: shownOnce }),
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
  getSource: defineOperation({
    id: 'webhooks.getSource',
    method: 'GET',
    path: '/webhook-sources/{sourceId}',
    summary: 'Read a source of webhooks',
    scope: 'webhooks:read',
    params: ofSource,
    status: 200,
    response: webhookSource,
    errors: ['not_found'],
    cli: 'webhooks show',
  }),
  updateSource: defineOperation({
    id: 'webhooks.updateSource',
    method: 'PATCH',
    path: '/webhook-sources/{sourceId}',
    summary: 'Change a source of webhooks; what is absent stays',
    scope: 'webhooks:write',
    params: ofSource,
    body: z.object({ name, settings, ...adjustable }).partial(),
    status: 200,
    response: webhookSource,
    errors: ['not_found', 'conflict'],
    cli: 'webhooks update',
  }),
  deleteSource: defineOperation({
    id: 'webhooks.deleteSource',
    method: 'DELETE',
    path: '/webhook-sources/{sourceId}',
    summary: 'Delete a source of webhooks; it takes nothing in from then on',
    scope: 'webhooks:write',
    params: ofSource,
    status: 204,
    errors: ['not_found'],
    cli: 'webhooks delete',
  }),
  rotateSecret: defineOperation({
    id: 'webhooks.rotateSecret',
    method: 'POST',
    path: '/webhook-sources/{sourceId}/rotate-secret',
    summary: 'Give a source a new secret; the old one stays valid for a while',
    description:
      'During the grace both secrets are accepted, so that the sender can be changed without a refused webhook. There are never more than two: a second rotation ends the grace of the first.',
    scope: 'webhooks:write',
    params: ofSource,
    body: z.object({
      secret,
      graceSeconds: z
        .int()
        .min(0)
        .max(30 * 86_400)
        .default(86_400)
        .describe('How long the old secret stays valid; 0 ends it at once.'),
    }),
    status: 200,
    response: z.object({ source: webhookSource, secret: shownOnce }),
    errors: ['not_found'],
    idempotencyKey: true,
    cli: 'webhooks rotate',
  }),
  revokePreviousSecret: defineOperation({
    id: 'webhooks.revokePreviousSecret',
    method: 'POST',
    path: '/webhook-sources/{sourceId}/revoke-previous-secret',
    summary: 'End the grace of the secret before the last rotation at once',
    scope: 'webhooks:write',
    params: ofSource,
    status: 200,
    response: webhookSource,
    errors: ['not_found'],
    cli: 'webhooks revoke-previous',
  }),
  receive: defineOperation({
    id: 'webhooks.receive',
    method: 'POST',
    path: '/webhooks/{sourceId}',
    summary: 'Receive a signed webhook',
    description:
      'The signature is verified over the raw body, as the kind of the source says. 202 is sent once the event is committed; the same delivery id again answers 202 without a second effect. A sender that only asks whether this is the right receiver (Slack) gets its answer with 200, and nothing is stored.',
    scope: 'public',
    params: ofSource,
    raw: true,
    status: 202,
    response: z.object({ eventId: id, duplicate: z.boolean() }),
    errors: [
      'bad_signature',
      'not_found',
      'invalid_state',
      'too_large',
      'malformed_message',
      'unsupported_media_type',
      'rate_limited',
      'unavailable',
      'disk_full',
    ],
  }),
};
