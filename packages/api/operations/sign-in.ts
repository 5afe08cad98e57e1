import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { email, id, instant, newPassword, pageOf, pageQuery, slug } from '../schemas.ts';
import { roles } from '../scopes.ts';

const organization = slug.describe('The slug of the organization.');

const session = z
  .enum(['tokens', 'cookie'])
  .default('tokens')
  .describe(
    '`tokens` are in the answer; a `cookie` is set for a page of this very server, and then no script sees them.',
  );

const openSession = z.object({
  signInId: id,
  expiresAt: instant.describe('When signing in again is needed at the latest.'),
  accessTokenSeconds: z.int().describe('For how long the access token counts.'),
  accessToken: z.string().optional().describe('Sent as `Authorization: Bearer`. Absent with a cookie.'),
  refreshToken: z.string().optional().describe('Gives the next tokens, once. Absent with a cookie.'),
});

const signIn = z.object({
  id,
  client: z.string().describe('`console`, `cli` or the id of an OAuth client.'),
  createdAt: instant,
  lastUsedAt: instant.describe('When its tokens were last renewed.'),
  expiresAt: instant,
  current: z.boolean().describe('Whether the request itself is made with it.'),
  endedAt: instant.optional(),
  endReason: z.enum(['signed_out', 'revoked', 'reused', 'password_changed', 'crowded_out']).optional(),
});

const role = z.enum(roles);

const claimValue = z.string().min(1).max(200);

const provider = z.object({
  name: z.string().trim().min(1).max(60).describe('What the button says, e.g. `Okta`.'),
  issuer: z
    .url({ protocol: /^https?$/u })
    .max(500)
    .describe('The issuer of the OpenID provider; its configuration is found from it.'),
  clientId: z.string().min(1).max(200),
  domains: z
    .array(
      z
        .string()
        .max(253)
        .toLowerCase()
        .regex(/^[a-z0-9.-]+\.[a-z0-9-]+$/u, 'a domain, e.g. acme.example'),
    )
    .max(20)
    .default([])
    .describe('Domains of the e-mail addresses that may sign in for the first time. Empty: whoever is a user already.'),
  autoProvision: z
    .boolean()
    .default(false)
    .describe('Whether whoever has an address of `domains` becomes a user at the first sign-in.'),
  defaultRole: role.default('developer').describe('What a new user may do where no claim says otherwise.'),
  roleClaim: z
    .string()
    .regex(/^[\w.:/-]{1,100}$/u)
    .optional()
    .describe('The claim of the ID token that gives the role at every sign-in, e.g. `groups`.'),
  roles: z
    .array(z.object({ value: claimValue, role }))
    .max(50)
    .default([])
    .describe('Which value of that claim gives which role; the first that applies counts.'),
});

const shownProvider = provider.extend({
  redirectUri: z.string().describe('To be registered at the provider.'),
  updatedAt: instant,
});

export const signInOperations = {
  options: defineOperation({
    id: 'signIn.options',
    method: 'GET',
    path: '/sign-in',
    summary: 'Tell how people of an organization sign in',
    description: 'An organization that does not exist is answered for like one without a provider.',
    scope: 'public',
    query: z.object({ organization }),
    status: 200,
    response: z.object({ password: z.boolean(), provider: z.object({ name: z.string() }).optional() }),
    errors: [],
  }),
  password: defineOperation({
    id: 'signIn.password',
    method: 'POST',
    path: '/sign-in/password',
    summary: 'Sign in with a password',
    description: 'Every failure is the same, whatever was wrong.',
    scope: 'public',
    body: z.object({ organization, email, password: z.string().min(1).max(1_000), session }),
    status: 200,
    response: openSession,
    errors: [],
  }),
  startProvider: defineOperation({
    id: 'signIn.startProvider',
    method: 'POST',
    path: '/sign-in/provider/start',
    summary: 'Begin to sign in at the identity provider of an organization',
    description: 'Sets a cookie that ties the attempt to this browser; then send the browser to the address.',
    scope: 'public',
    body: z.object({ organization }),
    status: 200,
    response: z.object({ url: z.string() }),
    errors: ['not_found', 'upstream_failed', 'upstream_unreachable', 'upstream_timeout', 'address_refused'],
  }),
  finishProvider: defineOperation({
    id: 'signIn.finishProvider',
    method: 'POST',
    path: '/sign-in/provider/finish',
    summary: 'Finish to sign in with what the identity provider sent the browser back with',
    scope: 'public',
    body: z.object({
      query: z
        .string()
        .max(8_000)
        .describe('Everything after the `?` of the address that the provider sent the browser to.'),
      session,
    }),
    status: 200,
    response: openSession,
    errors: ['upstream_failed', 'upstream_unreachable', 'upstream_timeout', 'address_refused'],
  }),
  refresh: defineOperation({
    id: 'signIn.refresh',
    method: 'POST',
    path: '/sign-in/refresh',
    summary: 'Get new tokens for a refresh token',
    description:
      'A refresh token counts once; one that comes again ends the whole sign-in. Whoever lost the answer signs in again.',
    scope: 'public',
    body: z.object({
      refreshToken: z.string().max(200).optional().describe('Absent where a cookie holds it.'),
      session,
    }),
    status: 200,
    response: openSession,
    errors: [],
  }),
  signOut: defineOperation({
    id: 'signIn.signOut',
    method: 'POST',
    path: '/sign-out',
    summary: 'End the sign-in that the request is made with',
    scope: 'self',
    status: 204,
    errors: ['invalid_state'],
  }),
  changePassword: defineOperation({
    id: 'signIn.changePassword',
    method: 'POST',
    path: '/sign-in/change-password',
    summary: "Change one's own password and end the other sign-ins",
    scope: 'self',
    body: z.object({ password: z.string().min(1).max(1_000).describe('The present one.'), newPassword }),
    status: 204,
    errors: ['invalid_state'],
  }),
  listSignIns: defineOperation({
    id: 'signIn.listSignIns',
    method: 'GET',
    path: '/sign-ins',
    summary: "List one's own sign-ins, newest first",
    scope: 'self',
    query: pageQuery,
    status: 200,
    response: pageOf(signIn),
    errors: [],
    cli: 'sign-ins list',
  }),
  revokeSignIn: defineOperation({
    id: 'signIn.revokeSignIn',
    method: 'DELETE',
    path: '/sign-ins/{signInId}',
    summary: "End one of one's own sign-ins at once",
    scope: 'self',
    params: z.object({ signInId: id }),
    status: 200,
    response: signIn,
    errors: ['not_found'],
    cli: 'sign-ins revoke',
  }),
  listSignInsOfUser: defineOperation({
    id: 'signIn.listSignInsOfUser',
    method: 'GET',
    path: '/users/{userId}/sign-ins',
    summary: 'List the sign-ins of a user, newest first',
    scope: 'users:read',
    params: z.object({ userId: id }),
    query: pageQuery,
    status: 200,
    response: pageOf(signIn),
    errors: ['not_found'],
    cli: 'users sign-ins',
  }),
  revokeSignInsOfUser: defineOperation({
    id: 'signIn.revokeSignInsOfUser',
    method: 'DELETE',
    path: '/users/{userId}/sign-ins',
    summary: 'End every sign-in of a user at once',
    scope: 'users:write',
    params: z.object({ userId: id }),
    status: 200,
    response: z.object({ ended: z.int() }),
    errors: ['not_found'],
    cli: 'users sign-out',
  }),
  showProvider: defineOperation({
    id: 'signIn.showProvider',
    method: 'GET',
    path: '/identity-provider',
    summary: 'Show the identity provider of the organization',
    description: 'The client secret is never shown.',
    scope: 'users:read',
    status: 200,
    response: shownProvider,
    errors: ['not_found'],
    cli: 'oidc show',
  }),
  setProvider: defineOperation({
    id: 'signIn.setProvider',
    method: 'PUT',
    path: '/identity-provider',
    summary: 'Let people sign in at an OpenID Connect provider',
    description: 'For owners. The provider is asked for its configuration before anything is stored.',
    scope: 'users:write',
    body: provider.extend({
      clientSecret: z
        .string()
        .min(1)
        .max(1_000)
        .optional()
        .describe('Stored encrypted. Absent: the stored one stays; a public client has none.'),
    }),
    status: 200,
    response: shownProvider,
    errors: ['upstream_failed', 'upstream_unreachable', 'upstream_timeout', 'address_refused'],
    cli: 'oidc set',
  }),
  removeProvider: defineOperation({
    id: 'signIn.removeProvider',
    method: 'DELETE',
    path: '/identity-provider',
    summary: 'Take the identity provider away; who signed in there stays a user',
    scope: 'users:write',
    status: 204,
    errors: ['not_found'],
    cli: 'oidc remove',
  }),
};
