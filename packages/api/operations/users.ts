import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { email, id, instant, newPassword, pageOf, pageQuery, personName, slug } from '../schemas.ts';
import { roles } from '../scopes.ts';

const role = z.enum(roles).describe('What they may do; nobody gives a role that may do more than themselves.');

const user = z.object({
  id,
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  status: z.enum(['active', 'disabled']),
  hasPassword: z.boolean().describe('Without one they sign in elsewhere.'),
  createdAt: instant,
  lastSignedInAt: instant.optional(),
});

const invitation = z.object({
  id,
  email: z.string(),
  role: z.enum(roles),
  status: z.enum(['open', 'accepted', 'revoked', 'expired']),
  createdAt: instant,
  expiresAt: instant,
  invitedBy: z.string().describe('`user:<id>` or `key:<id>`.'),
});

const userParams = z.object({ userId: id });
const invitationParams = z.object({ invitationId: id });

export const userOperations = {
  list: defineOperation({
    id: 'users.list',
    method: 'GET',
    path: '/users',
    summary: 'List the users of the organization, newest first',
    scope: 'users:read',
    query: pageQuery,
    status: 200,
    response: pageOf(user),
    errors: [],
    cli: 'users list',
  }),
  get: defineOperation({
    id: 'users.get',
    method: 'GET',
    path: '/users/{userId}',
    summary: 'Show a user',
    scope: 'users:read',
    params: userParams,
    status: 200,
    response: user,
    errors: ['not_found'],
    cli: 'users show',
  }),
  rename: defineOperation({
    id: 'users.rename',
    method: 'PATCH',
    path: '/users/{userId}',
    summary: 'Change the name of a user',
    scope: 'users:write',
    params: userParams,
    body: z.object({ name: personName }),
    status: 200,
    response: user,
    errors: ['not_found'],
    cli: 'users rename',
  }),
  setRole: defineOperation({
    id: 'users.setRole',
    method: 'PUT',
    path: '/users/{userId}/role',
    summary: 'Give a user a role',
    description:
      'What their keys and sign-ins may do changes at once. There is always an active owner once there was one.',
    scope: 'users:write',
    params: userParams,
    body: z.object({ role }),
    status: 200,
    response: user,
    errors: ['not_found', 'invalid_state'],
    cli: 'users role',
  }),
  disable: defineOperation({
    id: 'users.disable',
    method: 'POST',
    path: '/users/{userId}/disable',
    summary: 'Keep a user, their keys and their sign-ins out from now on',
    scope: 'users:write',
    params: userParams,
    status: 200,
    response: user,
    errors: ['not_found', 'invalid_state'],
    cli: 'users disable',
  }),
  enable: defineOperation({
    id: 'users.enable',
    method: 'POST',
    path: '/users/{userId}/enable',
    summary: 'Let a disabled user in again, with the keys that they had',
    scope: 'users:write',
    params: userParams,
    status: 200,
    response: user,
    errors: ['not_found'],
    cli: 'users enable',
  }),
  remove: defineOperation({
    id: 'users.remove',
    method: 'DELETE',
    path: '/users/{userId}',
    summary: 'Remove a user with their keys and sign-ins',
    scope: 'users:write',
    params: userParams,
    status: 204,
    errors: ['not_found', 'invalid_state'],
    cli: 'users remove',
  }),
  invite: defineOperation({
    id: 'users.invite',
    method: 'POST',
    path: '/invitations',
    summary: 'Invite somebody into the organization',
    description:
      'No mail is sent: hand the token of the answer over yourself. It is shown this once, works once, and takes the place of an open invitation of the same address.',
    scope: 'users:write',
    body: z.object({
      email,
      role,
      days: z.int().min(1).max(30).default(7).describe('For how many days it can be accepted; 1 to 30.'),
    }),
    status: 201,
    response: z.object({
      invitation,
      token: z
        .string()
        .describe('What the invited person accepts with. It is shown this once and stored only as a hash.'),
    }),
    errors: ['conflict'],
    idempotencyKey: true,
    cli: 'users invite',
  }),
  listInvitations: defineOperation({
    id: 'users.listInvitations',
    method: 'GET',
    path: '/invitations',
    summary: 'List invitations, newest first; ended ones for 90 days',
    scope: 'users:read',
    query: pageQuery,
    status: 200,
    response: pageOf(invitation),
    errors: [],
    cli: 'invitations list',
  }),
  revokeInvitation: defineOperation({
    id: 'users.revokeInvitation',
    method: 'DELETE',
    path: '/invitations/{invitationId}',
    summary: 'Revoke an invitation',
    scope: 'users:write',
    params: invitationParams,
    status: 200,
    response: invitation,
    errors: ['not_found', 'invalid_state'],
    cli: 'invitations revoke',
  }),
  acceptInvitation: defineOperation({
    id: 'users.acceptInvitation',
    method: 'POST',
    path: '/invitations/accept',
    summary: 'Become a user by the token of an invitation',
    scope: 'public',
    body: z.object({
      token: z.string().max(100),
      name: personName,
      password: newPassword.optional().describe('Left out by who signs in through an identity provider.'),
    }),
    status: 201,
    response: z.object({ organization: z.object({ id, slug, name: z.string() }), user }),
    errors: ['not_found', 'conflict', 'rate_limited'],
    cli: 'invitations accept',
  }),
};
