import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';
import { roles } from '../scopes.ts';

/** Why a decision is as it is: the closed set that denials, explanations and audit lines use. */
const reasonCodes = [
  'allowed',
  'unknown_tool',
  'unknown_operation',
  'scope_missing',
  'role_missing',
  'key_type',
  'key_tools',
  'flag_off',
  'policy_forbids',
  'policy_permits_nothing',
  'policy_failed',
  'may_depend_on_arguments',
  'credential_missing',
  'consent_required',
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

/** What a decision looks at, in this order. */
const decisionLayers = ['exists', 'scope', 'key_tools', 'flags', 'policy', 'credential'] as const;

const text = z
  .string()
  .max(65_536)
  .describe('Policies in Cedar, each with an @id. Empty: no policies. See `policy schema` for what they can say.');

const calledName = z
  .string()
  .min(1)
  .max(128)
  .describe('The name of a tool, e.g. `github_create_issue` or `devmesh.task.create`, or the id of an operation.');

const subject = z
  .object({ keyId: id.optional(), userId: id.optional(), role: z.enum(roles).optional() })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
    message: 'give exactly one of keyId, userId and role',
  });

const testCase = z.object({
  name: z.string().min(1).max(200),
  principal: z
    .string()
    .min(1)
    .max(200)
    .describe('A role (`role:developer`), a type of key (`key:gateway`), or an agent (`agent:<id>`).'),
  flags: z.array(z.string().max(64)).max(50).default([]).describe('The feature flags that are on.'),
  resource: z
    .object({
      tool: z.string().max(128).optional(),
      service: z.string().max(64).optional(),
      effect: z.enum(['read', 'write', 'destructive']).optional(),
      tags: z.array(z.string().max(100)).max(50).optional(),
      method: z.string().max(10).optional(),
      host: z.string().max(300).optional(),
      operation: z.string().max(128).optional().describe('The id of an operation, instead of a tool.'),
    })
    .refine(({ tool, operation }) => (tool === undefined) !== (operation === undefined), {
      message: 'give exactly one of tool and operation',
    }),
  arguments: jsonObject.optional().describe('Absent: the question of a list, before there are arguments.'),
  expect: z.enum(['allow', 'deny']),
  rule: z.string().max(64).optional().describe('The @id of the policy that must decide it.'),
});

const tests = z.array(testCase).max(200);

const issue = z.object({
  line: z.int().optional(),
  column: z.int().optional(),
  message: z.string(),
  help: z.string().optional(),
});

const testResult = z.object({
  name: z.string(),
  passed: z.boolean(),
  expected: z.enum(['allow', 'deny']),
  got: z.enum(['allow', 'deny']),
  reason: z.enum(reasonCodes),
  rule: z.string(),
});

const version = z.object({
  revision: z.int().describe('0 where there never were policies.'),
  text: z.string(),
  tests: z.array(testCase),
  comment: z.string().optional(),
  changedBy: z.string().optional().describe('`user:<id>`, `agent:<id>` or `key:<id>`.'),
  changedAt: instant.optional(),
});

const decision = z.object({
  allowed: z.boolean(),
  reason: z.enum(reasonCodes),
  rule: z.string().describe('What decided: a scope, a pattern of the key, a flag, or the @id of a policy.'),
  sentence: z.string().describe('What decided and what can be done about it.'),
});

const verdict = decision.extend({ layer: z.enum(decisionLayers) });

const explanation = decision.extend({
  name: z.string(),
  kind: z.enum(['tool', 'operation', 'unknown']),
  subject: z.string().describe('Whom the answer is about.'),
  revision: z.int().describe('The revision of the policies that were asked; 0 without policies.'),
  argumentsAsked: z.boolean().describe('Whether the question had arguments.'),
  verdicts: z.array(verdict).describe('What every layer says, in the order in which they are asked.'),
  nearest: z.array(z.string()).describe('Names that look like an unknown one.'),
});

export const policyOperations = {
  get: defineOperation({
    id: 'policy.get',
    method: 'GET',
    path: '/policy',
    summary: "Show the organization's policies and their tests",
    scope: 'policy:read',
    status: 200,
    response: version,
    errors: [],
    cli: 'policy show',
  }),
  schema: defineOperation({
    id: 'policy.schema',
    method: 'GET',
    path: '/policy/schema',
    summary: 'Show the Cedar schema that policies are checked against',
    scope: 'policy:read',
    status: 200,
    response: z.object({ schema: z.string(), example: z.string() }),
    errors: [],
    cli: 'policy schema',
  }),
  set: defineOperation({
    id: 'policy.set',
    method: 'PUT',
    path: '/policy',
    summary: "Replace the organization's policies",
    description:
      'Refused where the text has errors, a test does not pass, or the policies were changed since `expectedRevision`.',
    scope: 'policy:write',
    body: z.object({
      text,
      tests: tests.default([]),
      expectedRevision: z.int().min(0).describe('The revision that this change began with; 0: none yet.'),
      comment: z.string().max(500).optional(),
    }),
    status: 200,
    response: version,
    errors: ['conflict', 'too_large', 'unavailable'],
    cli: 'policy set',
  }),
  check: defineOperation({
    id: 'policy.check',
    method: 'POST',
    path: '/policy/check',
    summary: 'Check policies and their tests without storing them, and tell which calls they would decide otherwise',
    scope: 'policy:read',
    body: z.object({
      text,
      tests: tests.default([]),
      calls: z
        .array(testCase.omit({ expect: true, rule: true }))
        .max(500)
        .default([])
        .describe('Calls to compare under the present policies and under these.'),
    }),
    status: 200,
    response: z.object({
      valid: z.boolean().describe('Whether `policy set` would take it.'),
      issues: z.array(issue),
      tests: z.array(testResult),
      changes: z
        .array(z.object({ name: z.string(), before: decision, after: decision }))
        .describe('The calls that would be decided otherwise.'),
    }),
    errors: ['too_large', 'unavailable'],
    cli: 'policy check',
  }),
  history: defineOperation({
    id: 'policy.history',
    method: 'GET',
    path: '/policy/history',
    summary: 'List the versions of the policies, newest first',
    scope: 'policy:read',
    query: pageQuery,
    status: 200,
    response: pageOf(version),
    errors: [],
    cli: 'policy history',
  }),
  explain: defineOperation({
    id: 'policy.explain',
    method: 'POST',
    path: '/policy/explain',
    summary: 'Explain why a tool or an operation is allowed, missing or denied',
    description: 'About oneself with any key; about others with policy:read, and about people with users:read.',
    scope: 'self',
    body: z.object({ name: calledName, as: subject.optional(), arguments: jsonObject.optional() }),
    status: 200,
    response: explanation,
    errors: ['not_found', 'forbidden', 'unavailable'],
  }),
  allowed: defineOperation({
    id: 'policy.allowed',
    method: 'GET',
    path: '/principal/allowed',
    summary: 'List the operations of the platform that the presented key may call',
    description: 'What depends on the arguments of a call is listed.',
    scope: 'self',
    status: 200,
    response: z.object({ operations: z.array(z.string()) }),
    errors: ['unavailable'],
    cli: 'allowed',
  }),
};
