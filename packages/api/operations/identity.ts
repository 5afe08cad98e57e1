import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { email, id, instant, newPassword, pageOf, pageQuery, personName, slug } from '../schemas.ts';
import { keyTypes, roles, scopes } from '../scopes.ts';

const organization = z.object({ id, slug, name: z.string(), createdAt: instant });

const toolPatterns = z
  .array(z.string().regex(/^[\w.*-]{1,128}$/u, 'a name of a tool, in which `*` stands for any characters'))
  .min(1)
  .max(100);

const tools = z
  .object({
    allow: toolPatterns.optional().describe('Only these; absent: all.'),
    deny: toolPatterns.optional().describe('Not these, whatever is allowed.'),
  })
  .describe(
    'The MCP tools that an agent or gateway key is confined to, by names in which `*` stands for any characters.',
  );

const apiKey = z.object({
  id,
  name: z.string(),
  type: z.enum(keyTypes),
  /** The first characters of the token, to recognize it by. */
  prefix: z.string(),
  scopes: z.array(z.enum(scopes)),
  agentId: id.optional().describe('The agent an agent key acts as.'),
  userId: id.optional().describe('The person it belongs to: it goes when they go, and never does more than they may.'),
  tools: tools.optional(),
  rotatedFrom: id.optional().describe('The key that it took the place of.'),
  createdAt: instant,
  expiresAt: instant.optional(),
  revokedAt: instant.optional(),
  lastUsedAt: instant.optional().describe('To the minute.'),
});

const issuedKey = z.object({
  key: apiKey,
  token: z.string().describe('The key itself. It is shown this once and stored only as a hash.'),
});

const keyId = z.object({ keyId: id });

const rotation = z.object({
  overlapSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(86_400)
    .describe('For how long the old key goes on, at most 7 days; 0 ends it at once.'),
});

const newKey = z.object({
  name: z.string().min(1).max(100),
  type: z.enum(keyTypes),
  scopes: z.array(z.enum(scopes)).min(1).optional(),
  agentId: id.optional().describe('Required for, and only for, agent keys.'),
  expiresAt: instant.optional(),
  tools: tools.optional(),
});

export const identityOperations = {
  registerOrganization: defineOperation({
    id: 'identity.registerOrganization',
    method: 'POST',
    path: '/organizations',
    summary: 'Register an organization and get its first admin key',
    scope: 'public',
    description: 'With an owner, the key belongs to them; without, it is the way in until it invites somebody.',
    body: z.object({
      slug,
      name: z.string().min(1).max(200),
      owner: z.object({ email, name: personName, password: newPassword }).optional().describe('The first user.'),
    }),
    status: 201,
    response: z.object({ organization, adminKey: issuedKey }),
    errors: ['registration_closed', 'conflict', 'rate_limited'],
    cli: 'organization register',
  }),
  whoAmI: defineOperation({
    id: 'identity.whoAmI',
    method: 'GET',
    path: '/principal',
    summary: 'Tell whom the presented key or access token is for',
    scope: 'organization:read',
    status: 200,
    response: z.object({
      organization,
      keyId: id,
      keyType: z.enum(keyTypes),
      scopes: z.array(z.enum(scopes)),
      agentId: id.optional(),
      via: z.enum(['key', 'sign-in']),
      audience: z.string().optional().describe('The endpoint that an access token was issued for; absent for a key.'),
      user: z.object({ id, email: z.string(), name: z.string(), role: z.enum(roles) }).optional(),
      tools: tools.optional(),
    }),
    errors: [],
    cli: 'whoami',
  }),
  createKey: defineOperation({
    id: 'identity.createKey',
    method: 'POST',
    path: '/keys',
    summary: 'Create an API key',
    description: 'The token is in the answer, once. Scopes default to all that the type allows.',
    scope: 'keys:write',
    body: newKey,
    status: 201,
    response: issuedKey,
    errors: ['not_found'],
    idempotencyKey: true,
    cli: 'keys create',
  }),
  listKeys: defineOperation({
    id: 'identity.listKeys',
    method: 'GET',
    path: '/keys',
    summary: 'List API keys, newest first',
    scope: 'keys:write',
    query: pageQuery,
    status: 200,
    response: pageOf(apiKey),
    errors: [],
    cli: 'keys list',
  }),
  revokeKey: defineOperation({
    id: 'identity.revokeKey',
    method: 'DELETE',
    path: '/keys/{keyId}',
    summary: 'Revoke an API key at once',
    scope: 'keys:write',
    params: keyId,
    status: 200,
    response: apiKey,
    errors: ['not_found'],
    cli: 'keys revoke',
  }),
  rotateKey: defineOperation({
    id: 'identity.rotateKey',
    method: 'POST',
    path: '/keys/{keyId}/rotate',
    summary: 'Put a new key in the place of another',
    description:
      'The new one is like the old one, which goes on for the overlap and then ends. A key that belongs to somebody else can only be revoked.',
    scope: 'keys:write',
    params: keyId,
    body: rotation,
    status: 201,
    response: issuedKey,
    errors: ['not_found', 'invalid_state'],
    idempotencyKey: true,
    cli: 'keys rotate',
  }),
  listOwnKeys: defineOperation({
    id: 'identity.listOwnKeys',
    method: 'GET',
    path: '/principal/keys',
    summary: 'List the API keys of the person who asks, newest first',
    scope: 'self',
    query: pageQuery,
    status: 200,
    response: pageOf(apiKey),
    errors: [],
    cli: 'keys mine',
  }),
  createOwnKey: defineOperation({
    id: 'identity.createOwnKey',
    method: 'POST',
    path: '/principal/keys',
    summary: 'Create a user key for the signed-in person',
    description: 'For the coding agents of somebody who may not make other keys. It takes a sign-in, not a key.',
    scope: 'self',
    body: newKey.pick({ name: true, scopes: true, expiresAt: true }),
    status: 201,
    response: issuedKey,
    errors: ['forbidden'],
    idempotencyKey: true,
  }),
  rotateOwnKey: defineOperation({
    id: 'identity.rotateOwnKey',
    method: 'POST',
    path: '/principal/keys/{keyId}/rotate',
    summary: 'Put a new key in the place of one of the signed-in person',
    scope: 'self',
    params: keyId,
    body: rotation,
    status: 201,
    response: issuedKey,
    errors: ['forbidden', 'not_found', 'invalid_state'],
    idempotencyKey: true,
  }),
  revokeOwnKey: defineOperation({
    id: 'identity.revokeOwnKey',
    method: 'DELETE',
    path: '/principal/keys/{keyId}',
    summary: 'Revoke one of the keys of the person who asks, at once',
    scope: 'self',
    params: keyId,
    status: 200,
    response: apiKey,
    errors: ['not_found'],
  }),
};
