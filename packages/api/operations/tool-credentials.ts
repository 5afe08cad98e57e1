import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant } from '../schemas.ts';
import { credential, credentialSlot } from '../tool-credential.ts';

const params = z.object({ toolId: id });
const ofSlot = z.object({ slot: credentialSlot.optional() });

const slot = z.object({
  slot: z.string().describe('Its name in the document.'),
  type: z.enum(['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS', 'unknown']),
  in: z.enum(['header', 'query', 'cookie']).optional(),
  name: z.string().optional().describe('The header, parameter or cookie of an API key.'),
  httpScheme: z.string().optional(),
  scopes: z.array(z.string()),
  tokenUrl: z.string().optional(),
  authorizationUrl: z.string().optional(),
  discoveryUrl: z.string().optional(),
  kinds: z.array(z.string()).describe('The kinds of credential that fill it.'),
  people: z.number().int().describe('How many people have set their own for it.'),
});

const held = z.object({
  slot: z.string().optional().describe('Absent: it fills every slot that it fits.'),
  owner: z.enum(['organization', 'me']),
  kind: z.string(),
  origins: z.array(z.string()),
  updatedAt: instant,
});

const wanting = z.object({
  alternatives: z.array(z.array(z.string())).describe('One of these, all of its slots; an empty one allows none.'),
  operations: z.number().int().describe('How many want it so.'),
  state: z.enum(['ready', 'anonymous', 'missing']).describe('Whether my calls have what they need.'),
  missing: z.array(z.array(z.string())).describe('Of each alternative, the slots that are not filled.'),
});

export const toolCredentialOperations = {
  listCredentials: defineOperation({
    id: 'tools.listCredentials',
    method: 'GET',
    path: '/tools/{toolId}/credentials',
    summary: 'Show what calls to a service authenticate with: the slots, who filled them, and what is missing',
    description:
      'Of credentials only kind, owner and origins are shown, never a secret; of those of other people their number.',
    scope: 'tools:read',
    params,
    status: 200,
    response: z.object({ slots: z.array(slot), credentials: z.array(held), wanted: z.array(wanting) }),
    errors: ['not_found'],
    cli: 'tools credentials',
  }),
  deleteCredential: defineOperation({
    id: 'tools.deleteCredential',
    method: 'DELETE',
    path: '/tools/{toolId}/credential',
    summary: "Forget the organization's credential for a service, or for one slot of it",
    scope: 'tools:write',
    params,
    query: ofSlot,
    status: 204,
    errors: ['not_found'],
  }),
  setMyCredential: defineOperation({
    id: 'tools.setMyCredential',
    method: 'PUT',
    path: '/tools/{toolId}/credential/mine',
    summary: "Store one's own credential for a service; one's calls use it in place of the organization's",
    scope: 'tools:call',
    params,
    body: credential,
    status: 204,
    errors: ['not_found'],
  }),
  deleteMyCredential: defineOperation({
    id: 'tools.deleteMyCredential',
    method: 'DELETE',
    path: '/tools/{toolId}/credential/mine',
    summary: "Forget one's own credential for a service, or for one slot of it",
    scope: 'tools:call',
    params,
    query: ofSlot,
    status: 204,
    errors: ['not_found'],
  }),
};
