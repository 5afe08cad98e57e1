import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery, slug } from '../schemas.ts';

/** One scope of RFC 6749: no space, quote or backslash; no comma either, which some servers divide scopes by. */
const scope = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^[\u0021\u0023-\u002B\u002D-\u005B\u005D-\u007E]+$/u,
    'printable ASCII without space, quote, comma and backslash',
  );

const scopes = z.array(scope).max(100);

const address = z.url({ protocol: /^https?$/u }).max(2000);

const host = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/u, 'a host name in lower case, with or without a port');

const endpoints = z.object({
  issuer: address.optional(),
  authorization: address.optional(),
  token: address.optional(),
  revocation: address.optional(),
  account: address.optional().describe('Tells whose token it is.'),
});

const mode = z
  .enum(['user', 'organization'])
  .describe('`user`: the connection of the person behind a call; `organization`: one that all calls share.');

const provider = z.object({
  id,
  name: slug,
  preset: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  hasClientSecret: z.boolean(),
  scopes: z.array(z.string()),
  pkce: z.boolean(),
  apiHosts: z.array(z.string()).describe('The only hosts that its tokens are sent to.'),
  redirectUri: z.string().describe('Register it with the provider.'),
  usedBy: z.array(z.string()).describe('The services whose calls use it.'),
  createdAt: instant,
});

const connection = z.object({
  id,
  provider: z.string().describe('The name of the provider.'),
  providerId: id,
  mode,
  userId: id.optional(),
  status: z
    .enum(['active', 'expired', 'revoked', 'consent_missing'])
    .describe('Calls work while it is `active`; otherwise somebody must consent anew.'),
  account: z.string().optional().describe('Whose account it opens, as the provider names it.'),
  details: jsonObject.describe('What calls need besides, e.g. the `sites` of an Atlassian account.'),
  scopes: z.array(z.string()).describe('What was granted.'),
  expiresAt: instant.optional().describe('When the present access token ends.'),
  renewable: z.boolean().describe('Whether it is renewed without asking again.'),
  lastError: z.string().optional(),
  consentedAt: instant,
  renewedAt: instant,
});

export const connectionOperations = {
  addProvider: defineOperation({
    id: 'connections.addProvider',
    method: 'POST',
    path: '/oauth-providers',
    summary: 'Add an OAuth provider whose tokens calls of tools may use',
    description:
      'Register an OAuth client with the provider first, with the redirect address PUBLIC_URL/api/v1/connections/callback. The generic preset finds its endpoints by `issuer`, or takes them as given.',
    scope: 'organization:write',
    body: z.object({
      name: slug,
      preset: z.enum(['github', 'gitlab', 'atlassian', 'google', 'slack', 'generic']),
      host: host.optional().describe('Where the provider runs, for those that organizations run themselves.'),
      endpoints: endpoints.optional().describe('In place of those of the preset or of discovery.'),
      clientId: z.string().min(1).max(1024),
      clientSecret: z.string().min(1).max(8192).optional().describe('Stored encrypted, never shown again.'),
      scopes: scopes.optional().describe('Default: those of the preset.'),
      pkce: z.boolean().optional().describe('Default: as the preset has it, which is on but for Slack.'),
      resource: address.optional().describe('The resource that tokens are asked for (RFC 8707).'),
      apiHosts: z
        .array(
          host.or(
            z
              .string()
              .max(255)
              .regex(/^\*\.[a-z0-9.-]+\.[a-z0-9-]+$/u, 'a host, or *.domain'),
          ),
        )
        .min(1)
        .max(20)
        .optional()
        .describe('The only hosts that its tokens are sent to. Default: those of the preset; generic needs them.'),
    }),
    status: 201,
    response: provider,
    errors: ['conflict', 'upstream_unreachable', 'upstream_failed', 'upstream_timeout', 'address_refused'],
    idempotencyKey: true,
    cli: 'oauth-providers add',
  }),
  listProviders: defineOperation({
    id: 'connections.listProviders',
    method: 'GET',
    path: '/oauth-providers',
    summary: 'List the OAuth providers of the organization',
    scope: 'tools:read',
    query: pageQuery,
    status: 200,
    response: pageOf(provider),
    errors: [],
    cli: 'oauth-providers list',
  }),
  updateProvider: defineOperation({
    id: 'connections.updateProvider',
    method: 'PATCH',
    path: '/oauth-providers/{providerId}',
    summary: 'Change the client secret or the scopes of an OAuth provider; its connections stay',
    scope: 'organization:write',
    params: z.object({ providerId: id }),
    body: z.object({
      clientSecret: z.string().min(1).max(8192).optional(),
      scopes: scopes.optional().describe('Asked for from the next consent on.'),
    }),
    status: 200,
    response: provider,
    errors: ['not_found', 'invalid_state'],
    cli: 'oauth-providers update',
  }),
  removeProvider: defineOperation({
    id: 'connections.removeProvider',
    method: 'DELETE',
    path: '/oauth-providers/{providerId}',
    summary: 'Remove an OAuth provider with all its connections; refused while a service uses it',
    description: 'The grants at the provider are not taken back; remove the connections first where they should be.',
    scope: 'organization:write',
    params: z.object({ providerId: id }),
    status: 204,
    errors: ['not_found', 'conflict'],
    cli: 'oauth-providers remove',
  }),
  start: defineOperation({
    id: 'connections.start',
    method: 'POST',
    path: '/connections',
    summary: 'Begin to connect an account at an OAuth provider: answers the address where to consent',
    description:
      'Open the address in a browser, within ten minutes and once. The page at the end connects the account where the one who asks is signed in to the console in that browser, or enters the confirmation code; give the code to nobody. With mode `user` the account serves the calls of the person who asks; mode `organization` needs the scope organization:write.',
    scope: 'connections:write',
    body: z.object({
      provider: z.string().min(1).max(64).describe('The id or the name of the provider.'),
      mode: mode.default('user'),
      scopes: scopes.optional().describe('Default: those of the provider.'),
    }),
    status: 201,
    response: z.object({
      url: z.string(),
      expiresAt: instant,
      confirmationCode: z.string().describe('For the page at the end, where no sign-in proves who began.'),
    }),
    errors: ['not_found'],
    cli: 'connections start',
  }),
  callback: defineOperation({
    id: 'connections.callback',
    method: 'GET',
    path: '/connections/callback',
    summary: 'Where providers send browsers back to: a page that asks to go on',
    scope: 'public',
    query: z.object({
      state: z.string().max(200).optional(),
      code: z.string().max(4096).optional(),
      error: z.string().max(200).optional(),
      iss: z.string().max(2000).optional(),
    }),
    status: 200,
    page: true,
    errors: [],
  }),
  confirm: defineOperation({
    id: 'connections.confirm',
    method: 'POST',
    path: '/connections/callback',
    summary: 'What that page sends: connects the account, where the browser is that of who began',
    scope: 'public',
    status: 200,
    page: true,
    raw: true,
    errors: [],
  }),
  list: defineOperation({
    id: 'connections.list',
    method: 'GET',
    path: '/connections',
    summary: "List one's own connections and those of the organization",
    scope: 'self',
    query: pageQuery.extend({
      everybody: z.stringbool().default(false).describe("Other people's as well; needs the scope users:write."),
    }),
    status: 200,
    response: pageOf(connection),
    errors: [],
    cli: 'connections list',
  }),
  get: defineOperation({
    id: 'connections.get',
    method: 'GET',
    path: '/connections/{connectionId}',
    summary: 'Show a connection',
    scope: 'self',
    params: z.object({ connectionId: id }),
    status: 200,
    response: connection,
    errors: ['not_found'],
    cli: 'connections get',
  }),
  remove: defineOperation({
    id: 'connections.remove',
    method: 'DELETE',
    path: '/connections/{connectionId}',
    summary: 'Remove a connection, and take the grant back at the provider',
    description:
      "Nothing uses it any more from then on, whatever the provider answers. That of the organization needs the scope organization:write, another person's users:write.",
    scope: 'connections:write',
    params: z.object({ connectionId: id }),
    status: 200,
    response: z.object({
      revoked: z
        .enum(['yes', 'unsupported', 'failed'])
        .describe('Whether the provider took the grant back: where not, do it in the settings of the account there.'),
      reason: z.string().optional(),
    }),
    errors: ['not_found'],
    cli: 'connections remove',
  }),
};
