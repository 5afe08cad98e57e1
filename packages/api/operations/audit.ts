import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';

const outcome = z.enum(['allowed', 'denied', 'failed']);
const place = z.int().min(0);

const auditEntry = z.object({
  id,
  at: instant,
  seq: place.optional().describe('Its place in the chain, once it is sealed; that takes a second or two.'),
  actor: z.string().describe('`user:<id>`, `agent:<id>`, `key:<id>` or `system:<job>`.'),
  userId: id.optional().describe('The person who signed in, or who made the key.'),
  agentId: id.optional(),
  keyId: id.optional(),
  action: z.string().describe('The operation id, e.g. `tools.call`.'),
  subject: z.string(),
  outcome,
  rule: z.string().optional().describe('What decided.'),
  detail: jsonObject,
  traceId: z.string().optional(),
});

const signingKey = z.object({
  number: z.int().describe('1 for the first.'),
  fingerprint: z.string().describe('The SHA-256 of the public key, in hex.'),
  publicKey: z.string().describe('Ed25519, 32 bytes in base64.'),
  afterSeq: place.describe('It signs from this place of the chain on.'),
  note: z.string().describe('Introduces the key, signed by it and by the key before it.'),
  createdAt: instant,
  retiredAt: instant.optional().describe('When the next key took over.'),
});

const range = {
  from: instant.optional().describe('Entries of this time or later.'),
  to: instant.optional().describe('Entries before this time.'),
};

const finding = z.object({
  code: z.string(),
  seq: place,
  entryId: id.optional(),
  sentence: z.string(),
});

export const auditOperations = {
  list: defineOperation({
    id: 'audit.list',
    method: 'GET',
    path: '/audit',
    summary: 'List the audit trail, newest first',
    scope: 'audit:read',
    query: pageQuery.extend({
      ...range,
      actor: z.string().max(100).optional().describe('As entries name it, e.g. `key:<id>`.'),
      userId: id.optional(),
      agentId: id.optional(),
      keyId: id.optional(),
      action: z.string().max(100).optional(),
      outcome: outcome.optional(),
      rule: z.string().max(200).optional(),
      traceId: z.string().max(64).optional(),
    }),
    status: 200,
    response: pageOf(auditEntry),
    errors: [],
    cli: 'audit list',
  }),
  export: defineOperation({
    id: 'audit.export',
    method: 'GET',
    path: '/audit/export',
    summary: 'Export the audit trail as JSON lines that prove themselves',
    description: 'The format and how to verify it offline: docs/audit.md. Go on after a cut with `fromSeq`.',
    scope: 'audit:read',
    query: z.object({
      ...range,
      fromSeq: z.coerce.number().int().min(1).optional().describe('The place of the first entry; goes before `from`.'),
    }),
    status: 200,
    stream: true,
    mediaType: 'application/jsonl',
    errors: ['not_found', 'invalid_state'],
  }),
  verify: defineOperation({
    id: 'audit.verify',
    method: 'GET',
    path: '/audit/verification',
    summary: 'Compare a part of the stored trail with its chain and its checkpoints',
    scope: 'audit:read',
    query: z.object({
      after: z.coerce.number().int().min(0).optional().describe('Go on after this place; default: from the beginning.'),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(5_000)
        .describe('Most entries of one part; 1 to 10,000.'),
    }),
    status: 200,
    response: z.object({
      after: place,
      to: place.describe('The last place that was compared; go on after it while it is less than `head`.'),
      head: place.describe('The last place of the chain.'),
      checkpoints: z.int(),
      finding: finding.optional().describe('The first thing that is wrong, if any.'),
    }),
    errors: ['not_found', 'invalid_state'],
  }),
  checkpoint: defineOperation({
    id: 'audit.checkpoint',
    method: 'GET',
    path: '/audit/checkpoint',
    summary: 'Sign where the audit trail is now, to be kept elsewhere',
    scope: 'audit:read',
    status: 200,
    response: z.object({ seq: place, note: z.string() }),
    errors: [],
    cli: 'audit checkpoint',
  }),
  listKeys: defineOperation({
    id: 'audit.listKeys',
    method: 'GET',
    path: '/audit/keys',
    summary: 'List the keys that sign the audit trail, oldest first',
    scope: 'audit:read',
    status: 200,
    response: z.object({ items: z.array(signingKey) }),
    errors: [],
    cli: 'audit keys',
  }),
  rotateKey: defineOperation({
    id: 'audit.rotateKey',
    method: 'POST',
    path: '/audit/keys/rotate',
    summary: 'Sign the audit trail with a new key from now on',
    description: 'The old key signs the hand-over and is then forgotten; its public part stays listed.',
    scope: 'vault:write',
    status: 201,
    response: signingKey.pick({ number: true, fingerprint: true }),
    errors: [],
    cli: 'audit rotate-key',
  }),
  getArguments: defineOperation({
    id: 'audit.getArguments',
    method: 'GET',
    path: '/audit/{entryId}/arguments',
    summary: 'Show the arguments of an audited tool call, where the organization keeps them',
    scope: 'audit:read',
    params: z.object({ entryId: id }),
    status: 200,
    response: z.object({ entryId: id, arguments: jsonObject }),
    errors: ['not_found'],
    cli: 'audit arguments',
  }),
};
