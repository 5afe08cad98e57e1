import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, jsonObject, pageOf, pageQuery } from '../schemas.ts';

/** The name of a tool as MCP clients see it. */
export const toolNameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/u, 'letters, digits, underscores and hyphens; 1 to 64');

const override = z
  .strictObject({
    name: toolNameSchema.optional().describe('Unique in the organization.'),
    title: z.string().trim().min(1).max(120).optional(),
    description: z.string().trim().min(1).max(4_000).optional(),
    hidden: z.string().trim().min(1).max(500).optional().describe('Why it is not offered; absent: it is.'),
    fixed: jsonObject.optional().describe('Arguments that every call has; they are no arguments of the tool any more.'),
    defaults: jsonObject.optional().describe('Arguments that a call has unless it says otherwise.'),
  })
  .describe('What the organization changes of a definition; what is absent stays as the service says.');

const operation = z.object({
  key: z.string().describe('What it is known by in its service: method and path, or the name at an MCP server.'),
  name: z.string().describe('As it is exposed.'),
  sourceName: z.string().describe('As it would be without an override.'),
  title: z.string(),
  method: z.string(),
  path: z.string(),
  tags: z.array(z.string()),
  exposure: z.enum(['tool', 'resource']),
  hidden: z
    .object({ reason: z.string(), by: z.enum(['override', 'rule', 'service']) })
    .optional()
    .describe('Why it is not offered as a tool; `service`: what the service or its credential says.'),
  pin: z.string().optional().describe('SHA-256 of the definition as the service gives it.'),
  override: override.optional(),
});

const rule = z.strictObject({
  methods: z.array(z.string().min(1).max(20).toUpperCase()).min(1).max(20).optional().describe('Absent: any.'),
  path: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('`*` stands for anything within a segment, `**` for any segments. Absent: any.'),
  tags: z.array(z.string().min(1).max(200)).min(1).max(50).optional().describe('One of them. Absent: any.'),
  as: z
    .enum(['tool', 'resource', 'excluded'])
    .describe('A resource is read, not called: only GET operations become one.'),
});

const rules = z.object({
  rules: z.array(rule).max(100).describe('The first that fits counts; without one it is a tool.'),
});

const ofService = z.object({ toolId: id });

const ofOperation = z.object({
  toolId: id,
  operation: z.string().min(1).max(4_000).describe('Key or name of an operation of the service.'),
});

const previewed = z.object({
  operations: z.number().int(),
  changes: z
    .array(
      z.object({
        key: z.string(),
        name: z.string(),
        before: z.enum(['tool', 'resource', 'excluded']),
        after: z.enum(['tool', 'resource', 'excluded']),
        rule: z.number().int().optional().describe('The rule that fits, counted from 0; absent: none of them.'),
      }),
    )
    .describe('The first 500.'),
  total: z.number().int().describe('How many operations would become something else.'),
  unused: z.array(z.number().int()).describe('Rules that are the first to fit for no operation.'),
});

export const toolShapingOperations = {
  listOperations: defineOperation({
    id: 'tools.operations',
    method: 'GET',
    path: '/tools/{toolId}/operations',
    summary: 'List the operations of a service by key, those that are hidden too, with the reason',
    scope: 'tools:read',
    params: ofService,
    query: pageQuery,
    status: 200,
    response: pageOf(operation),
    errors: ['not_found'],
    cli: 'tools operations',
  }),
  setOverride: defineOperation({
    id: 'tools.override',
    method: 'PUT',
    path: '/tools/{toolId}/operations/{operation}/override',
    summary: 'Rename, redescribe or hide an operation, or fix some of its arguments',
    description:
      'Replaces what was changed before. It stays when the definition changes, also while the operation is gone.',
    scope: 'tools:write',
    params: ofOperation,
    maximumBodyBytes: 65_536,
    body: override,
    status: 200,
    response: operation,
    errors: ['not_found', 'conflict'],
    cli: 'tools override',
  }),
  removeOverride: defineOperation({
    id: 'tools.removeOverride',
    method: 'DELETE',
    path: '/tools/{toolId}/operations/{operation}/override',
    summary: 'Show an operation as its service says again',
    scope: 'tools:write',
    params: ofOperation,
    status: 204,
    errors: ['not_found', 'conflict'],
    cli: 'tools remove-override',
  }),
  getRules: defineOperation({
    id: 'tools.rules',
    method: 'GET',
    path: '/tools/{toolId}/rules',
    summary: 'Read the route rules of a service',
    scope: 'tools:read',
    params: ofService,
    status: 200,
    response: rules,
    errors: ['not_found'],
    cli: 'tools rules',
  }),
  setRules: defineOperation({
    id: 'tools.setRules',
    method: 'PUT',
    path: '/tools/{toolId}/rules',
    summary: 'Set what becomes of the operations of a service, by method, path and tag',
    description: 'They come before the rules of the organization.',
    scope: 'tools:write',
    params: ofService,
    maximumBodyBytes: 131_072,
    body: rules,
    status: 200,
    response: rules,
    errors: ['not_found', 'conflict'],
    cli: 'tools set-rules',
  }),
  previewRules: defineOperation({
    id: 'tools.previewRules',
    method: 'POST',
    path: '/tools/{toolId}/rules/preview',
    summary: 'Tell what route rules would change, without changing it',
    scope: 'tools:read',
    params: ofService,
    maximumBodyBytes: 131_072,
    body: rules,
    status: 200,
    response: previewed,
    errors: ['not_found'],
    cli: 'tools preview-rules',
  }),
  getOrganizationRules: defineOperation({
    id: 'tools.organizationRules',
    method: 'GET',
    path: '/tool-rules',
    summary: 'Read the route rules that hold for all services',
    scope: 'tools:read',
    status: 200,
    response: rules,
    errors: [],
    cli: 'tools organization-rules',
  }),
  setOrganizationRules: defineOperation({
    id: 'tools.setOrganizationRules',
    method: 'PUT',
    path: '/tool-rules',
    summary: 'Set what becomes of the operations of all services, where their own rules say nothing',
    scope: 'tools:write',
    maximumBodyBytes: 131_072,
    body: rules,
    status: 200,
    response: rules,
    errors: ['conflict'],
    cli: 'tools set-organization-rules',
  }),
};
