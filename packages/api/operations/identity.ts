import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery, slug } from '../schemas.ts';
import { keyTypes, scopes } from '../scopes.ts';

const organization = z.object({ id, slug, name: z.string(), createdAt: instant });

const apiKey = z.object({
  id,
  name: z.string(),
  type: z.enum(keyTypes),
  /** The first characters of the token, to recognize it by. */
  prefix: z.string(),
  scopes: z.array(z.enum(scopes)),
  agentId: id.optional().describe('The agent an agent key acts as.'),
  createdAt: instant,
  expiresAt: instant.optional(),
  revokedAt: instant.optional(),
  lastUsedAt: instant.optional().describe('To the minute.'),
});

const issuedKey = z.object({
  key: apiKey,
  token: z.string().describe('The key itself. It is shown this once and stored only as a hash.'),
});

export const identityOperations = {
  registerOrganization: defineOperation({
    id: 'identity.registerOrganization',
    method: 'POST',
    path: '/organizations',
    summary: 'Register an organization and get its first admin key',
    scope: 'public',
    body: z.object({ slug, name: z.string().min(1).max(200) }),
    status: 201,
    response: z.object({ organization, adminKey: issuedKey }),
    errors: ['registration_closed', 'conflict'],
    cli: 'organization register',
  }),
  whoAmI: defineOperation({
    id: 'identity.whoAmI',
    method: 'GET',
    path: '/principal',
    summary: 'Tell who the presented key is',
    scope: 'organization:read',
    status: 200,
    response: z.object({
      organization,
      keyId: id,
      keyType: z.enum(keyTypes),
      scopes: z.array(z.enum(scopes)),
      agentId: id.optional(),
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
    body: z.object({
      name: z.string().min(1).max(100),
      type: z.enum(keyTypes),
      scopes: z.array(z.enum(scopes)).min(1).optional(),
      agentId: id.optional().describe('Required for, and only for, agent keys.'),
      expiresAt: instant.optional(),
    }),
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
    params: z.object({ keyId: id }),
    status: 200,
    response: apiKey,
    errors: ['not_found'],
    cli: 'keys revoke',
  }),
};
