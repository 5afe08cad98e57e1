import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';
import { scopes } from '../scopes.ts';

const grant = z.object({
  id,
  userId: id.describe('Who consented.'),
  clientName: z.string().describe('What the client calls itself.'),
  clientUrl: z.string().optional().describe('The document that describes the client; absent for one that registered.'),
  redirectHost: z.string().describe('Where the client was answered.'),
  resource: z.string().describe('The MCP endpoint that the client may use.'),
  scopes: z.array(z.enum(scopes)),
  createdAt: instant,
  consentedAt: instant.describe('When the person consented last.'),
});

export const authorizationOperations = {
  listGrants: defineOperation({
    id: 'authorization.listGrants',
    method: 'GET',
    path: '/grants',
    summary: 'List the OAuth clients that people let use MCP in their name, newest first',
    description: "Your own; with the scope users:read everybody's of the organization.",
    scope: 'self',
    query: pageQuery.extend({ userId: id.optional().describe('Only those of this person.') }),
    status: 200,
    response: pageOf(grant),
    errors: [],
    cli: 'grants list',
  }),
  revokeGrant: defineOperation({
    id: 'authorization.revokeGrant',
    method: 'DELETE',
    path: '/grants/{grantId}',
    summary: 'Take the consent to an OAuth client back: its tokens open nothing any more, at once',
    description: "One of your own; with the scope users:write anybody's of the organization.",
    scope: 'self',
    params: z.object({ grantId: id }),
    status: 200,
    response: grant,
    errors: ['not_found'],
    cli: 'grants revoke',
  }),
};
