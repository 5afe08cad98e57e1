import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { instant, jsonObject } from '../schemas.ts';
import { keyTypes, roles } from '../scopes.ts';

const key = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/u, 'lower-case letters, digits, dots, underscores and hyphens only')
  .describe('The name of the flag.');

const value = z.union([z.boolean(), z.string().max(4_000), z.number(), jsonObject]);

const variantName = z.string().min(1).max(64);

const target = z.object({
  roles: z.array(z.enum(roles)).min(1).optional().describe('People with one of these roles, and their keys.'),
  keyTypes: z.array(z.enum(keyTypes)).min(1).optional().describe('Keys of one of these types.'),
  ids: z.array(z.string().max(64)).min(1).max(200).optional().describe('These users, agents and keys, by id.'),
  percentage: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('That part of those who fit the rest; the same ones always, and more of them when it grows.'),
  variant: variantName,
});

/** What a flag is, as it is set. */
const flagBody = z.object({
  description: z.string().max(500).default(''),
  enabled: z.boolean().default(true).describe('Off: everybody has the `offVariant`.'),
  variants: z
    .record(variantName, value)
    .default({ on: true, off: false })
    .describe('The values that it can have, all of one kind, by name.'),
  defaultVariant: variantName.default('off').describe('Of those for whom nothing in `targeting` holds.'),
  offVariant: variantName.default('off'),
  targeting: z.array(target).max(50).default([]).describe('The first that holds decides.'),
  gates: z
    .array(
      z
        .string()
        .max(128)
        .regex(
          /^(?:service|tool|operation):[a-zA-Z0-9._*-]+$/u,
          'service:NAME, tool:NAME or operation:ID, with * for anything',
        ),
    )
    .max(50)
    .default([])
    .describe(
      'What is denied to those for whom a boolean flag is off, e.g. `service:github` or `operation:knowledge.*`.',
    ),
});

const flag = flagBody.extend({
  key,
  kind: z.enum(['boolean', 'string', 'number', 'json']),
  updatedAt: instant,
});

const params = z.object({ flag: key });

export const flagOperations = {
  list: defineOperation({
    id: 'flags.list',
    method: 'GET',
    path: '/flags',
    summary: 'List the feature flags',
    scope: 'policy:read',
    status: 200,
    response: z.object({ items: z.array(flag) }),
    errors: [],
    cli: 'flags list',
  }),
  set: defineOperation({
    id: 'flags.set',
    method: 'PUT',
    path: '/flags/{flag}',
    summary: 'Set a feature flag',
    description: 'Replaces it where there is one. A boolean flag without further words is off for everybody.',
    scope: 'policy:write',
    params,
    body: flagBody,
    status: 200,
    response: flag,
    errors: ['conflict'],
    cli: 'flags set',
  }),
  remove: defineOperation({
    id: 'flags.remove',
    method: 'DELETE',
    path: '/flags/{flag}',
    summary: 'Remove a feature flag',
    scope: 'policy:write',
    params,
    status: 204,
    errors: ['not_found'],
    cli: 'flags remove',
  }),
  evaluate: defineOperation({
    id: 'flags.evaluate',
    method: 'GET',
    path: '/principal/flags',
    summary: 'Tell what the feature flags are for the presented key, and why',
    scope: 'self',
    status: 200,
    response: z.object({
      items: z.array(
        z.object({
          key,
          value,
          variant: z.string().optional(),
          reason: z
            .enum(['DISABLED', 'TARGETING_MATCH', 'SPLIT', 'DEFAULT', 'STATIC', 'ERROR'])
            .describe('As OpenFeature names it.'),
        }),
      ),
    }),
    errors: ['unavailable'],
    cli: 'flags evaluate',
  }),
};
