import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { instant, pageOf, pageQuery } from '../schemas.ts';

const name = z
  .string()
  .min(2)
  .max(64)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])$/u, 'lower-case letters, digits and inner hyphens only')
  .describe(
    'Lower-case letters, digits and inner hyphens; 2 to 64 characters. Prompts of MCP servers have an underscore in theirs.',
  );

const argumentName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/u, 'a letter, then letters, digits, `_` and `-`');

const argument = z.strictObject({
  name: argumentName,
  title: z.string().trim().min(1).max(120).optional(),
  description: z.string().trim().max(1_000).optional(),
  required: z.boolean().default(false),
  values: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(200)
    .optional()
    .describe('What clients propose; other values are taken too.'),
});

const text = z.strictObject({
  type: z.literal('text'),
  text: z
    .string()
    .min(1)
    .max(32_768)
    .describe(
      '`{{name}}` stands for an argument, and for nothing where an optional one is not given; `\\{{` is `{{` itself.',
    ),
});

const link = z.strictObject({
  type: z.literal('resource_link'),
  uri: z.url().max(2_000),
  name: z.string().trim().min(1).max(256),
  title: z.string().trim().max(256).optional(),
  description: z.string().trim().max(1_000).optional(),
  mimeType: z.string().max(128).optional(),
});

const message = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.discriminatedUnion('type', [text, link]),
});

const described = z.object({
  title: z.string().trim().min(1).max(120).optional(),
  description: z.string().trim().max(2_000).default(''),
  arguments: z.array(argument).max(20).default([]),
});

const promptDefinition = described.extend({ messages: z.array(message).min(1).max(50) });

/** What a version of a prompt is. */
export type PromptDefinition = z.output<typeof promptDefinition>;

const version = z.coerce.number().int().min(1).max(1_000_000);

const state = {
  name,
  version: version.describe('The version that clients get.'),
  latestVersion: version,
  createdAt: instant,
  updatedAt: instant,
};

const prompt = promptDefinition.extend(state);

const expectedVersion = z
  .number()
  .int()
  .min(0)
  .optional()
  .describe('Only where this is the version that clients get now; 0: only where there is no such prompt.');

const named = z.object({ name });

export const promptOperations = {
  listPrompts: defineOperation({
    id: 'prompts.list',
    method: 'GET',
    path: '/prompts',
    summary: "List the organization's own prompts by name",
    scope: 'tools:read',
    query: pageQuery,
    status: 200,
    response: pageOf(described.extend(state)),
    errors: [],
    cli: 'prompts list',
  }),
  getPrompt: defineOperation({
    id: 'prompts.get',
    method: 'GET',
    path: '/prompts/{name}',
    summary: 'Read a prompt as it was written',
    scope: 'tools:read',
    params: named,
    query: z.object({ version: version.optional().describe('Default: the one that clients get.') }),
    status: 200,
    response: prompt.extend({ shown: version.describe('The version that this is.') }),
    errors: ['not_found'],
    cli: 'prompts get',
  }),
  putPrompt: defineOperation({
    id: 'prompts.put',
    method: 'PUT',
    path: '/prompts/{name}',
    summary: 'Write a prompt: another version, which clients get from now on',
    description:
      'Versions never change; the latest 100 are kept. What equals the version that clients get makes no other.',
    scope: 'tools:write',
    params: named,
    maximumBodyBytes: 524_288,
    body: promptDefinition.extend({ expectedVersion }),
    status: 200,
    response: prompt,
    errors: ['conflict', 'too_large'],
    cli: 'prompts put',
  }),
  listVersions: defineOperation({
    id: 'prompts.versions',
    method: 'GET',
    path: '/prompts/{name}/versions',
    summary: 'List the versions of a prompt, the latest first',
    scope: 'tools:read',
    params: named,
    query: pageQuery,
    status: 200,
    response: pageOf(z.object({ version, title: z.string().optional(), active: z.boolean(), createdAt: instant })),
    errors: ['not_found'],
    cli: 'prompts versions',
  }),
  activate: defineOperation({
    id: 'prompts.activate',
    method: 'POST',
    path: '/prompts/{name}/activate',
    summary: 'Give clients another version of a prompt',
    scope: 'tools:write',
    params: named,
    body: z.object({ version: z.number().int().min(1), expectedVersion }),
    status: 200,
    response: prompt,
    errors: ['not_found', 'conflict'],
    cli: 'prompts activate',
  }),
  deletePrompt: defineOperation({
    id: 'prompts.delete',
    method: 'DELETE',
    path: '/prompts/{name}',
    summary: 'Remove a prompt with all its versions',
    scope: 'tools:write',
    params: named,
    status: 204,
    errors: ['not_found'],
    cli: 'prompts delete',
  }),
  render: defineOperation({
    id: 'prompts.render',
    method: 'POST',
    path: '/prompts/{name}/render',
    summary: 'Fill in a prompt',
    scope: 'tools:read',
    params: named,
    body: z.object({ arguments: z.record(z.string(), z.string().max(32_768)).default({}) }),
    status: 200,
    response: z.object({
      description: z.string().optional(),
      messages: z.array(message.extend({ content: z.union([text.extend({ text: z.string() }), link]) })),
    }),
    errors: ['not_found', 'too_large'],
    cli: 'prompts render',
  }),
  complete: defineOperation({
    id: 'prompts.complete',
    method: 'POST',
    path: '/prompts/{name}/complete',
    summary: 'Tell how an argument of a prompt could go on',
    scope: 'tools:read',
    params: named,
    body: z.object({ argument: z.object({ name: z.string().max(256), value: z.string().max(8_192) }) }),
    status: 200,
    response: z.object({
      values: z.array(z.string()).max(100),
      total: z.number().int(),
      hasMore: z.boolean(),
    }),
    errors: ['not_found'],
  }),
};
