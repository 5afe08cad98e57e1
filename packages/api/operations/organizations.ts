import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, slug } from '../schemas.ts';

const hours = z.int().min(1).max(720);

/** What an organization decides for itself; a closed set, of which what is absent has its default. */
export const organizationSettings = z.strictObject({
  isolationMode: z
    .enum(['strict'])
    .default('strict')
    .describe('How it is kept apart from other organizations. There is one mode: every row, key and limit is its own.'),
  passThrough: z
    .boolean()
    .default(false)
    .describe("Whether people may hand over their own token of a tool with a session, for that session's calls only."),
  auditBodies: z
    .boolean()
    .default(false)
    .describe('Whether the audit trail keeps the arguments of tool calls, for auditors, and not their digest alone.'),
  passwordSignIn: z.boolean().default(true).describe('Whether people may sign in with a password.'),
  sessionMaximumHours: hours
    .default(720)
    .describe('After how many hours a sign-in ends, however busy it is; 1 to 720.'),
});

const { isolationMode, passThrough, auditBodies, passwordSignIn, sessionMaximumHours } = organizationSettings.shape;
const changes = z.strictObject({
  isolationMode: isolationMode.unwrap().optional(),
  passThrough: passThrough.unwrap().optional(),
  auditBodies: auditBodies.unwrap().optional(),
  passwordSignIn: passwordSignIn.unwrap().optional(),
  sessionMaximumHours: sessionMaximumHours.unwrap().optional(),
});

const organization = z.object({ id, slug, name: z.string(), createdAt: instant, settings: organizationSettings });

export const organizationOperations = {
  get: defineOperation({
    id: 'organizations.get',
    method: 'GET',
    path: '/organization',
    summary: 'Show the organization of the caller, with its settings',
    scope: 'organization:read',
    status: 200,
    response: organization,
    errors: [],
    cli: 'organization show',
  }),
  rename: defineOperation({
    id: 'organizations.rename',
    method: 'PATCH',
    path: '/organization',
    summary: 'Give the organization another name',
    scope: 'organization:write',
    body: z.object({ name: z.string().min(1).max(200) }),
    status: 200,
    response: organization,
    errors: [],
    cli: 'organization rename',
  }),
  changeSettings: defineOperation({
    id: 'organizations.changeSettings',
    method: 'PATCH',
    path: '/organization/settings',
    summary: 'Change settings of the organization',
    description: 'What is left out stays as it is.',
    scope: 'organization:write',
    body: changes,
    status: 200,
    response: organization,
    errors: [],
    cli: 'organization settings',
  }),
  delete: defineOperation({
    id: 'organizations.delete',
    method: 'POST',
    path: '/organization/deletion',
    summary: 'Delete the organization and everything that it has, for good',
    description:
      'Every key and sign-in is refused from this moment on, the one of this request included. What is stored is removed within minutes; of the organization stays that it was deleted, when and by whom.',
    scope: 'organization:delete',
    body: z.object({ slug: slug.describe('The slug of the organization, to say that this one is meant.') }),
    status: 202,
    response: z.object({ id, deletingAt: instant }),
    errors: [],
    cli: 'organization delete',
  }),
};
