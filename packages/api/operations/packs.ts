import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { credential } from '../tool-credential.ts';
import { report, tool, toolName } from './tools.ts';

const packName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/u, 'lower-case letters, digits and hyphens')
  .describe('The name of a pack, e.g. `github`.');

const summary = z.object({
  name: packName,
  title: z.string(),
  summary: z.string(),
  tools: z.number().int().describe('Tools of its default set.'),
  needsBaseUrl: z.boolean().describe('Whether the address of an instance must be given.'),
});

const pack = summary.extend({
  document: z
    .object({
      from: z.enum(['url', 'instance', 'pack']),
      url: z.string().optional(),
      path: z.string().optional().describe('On the instance, after its base URL.'),
    })
    .describe('Where the description of its operations comes from; `pack`: it brings its own.'),
  address: z
    .object({ cloud: z.string().optional(), instance: z.string().optional() })
    .describe("The provider's own address, and how the address of an instance looks."),
  auth: z.array(
    z.object({
      title: z.string(),
      kind: z.string().describe('Of the credential.'),
      header: z.string().optional(),
      valuePrefix: z.string().optional().describe('What the value of the header begins with.'),
      connection: z.string().optional().describe('The preset of an OAuth provider.'),
      createdAt: z.string().describe('Where it is made.'),
      scopes: z.array(z.string()).describe('What it should be allowed.'),
      note: z.string().optional(),
    }),
  ),
  operations: z.array(z.object({ name: z.string(), call: z.string(), description: z.string() })),
  webhook: z.string().optional().describe('The kind of webhook sources that take its webhooks.'),
  health: z.string().describe('What is read to see whether it is well.'),
  permissions: z.boolean().describe('Whether what the stored credential may do can be found out.'),
});

export const packOperations = {
  listPacks: defineOperation({
    id: 'packs.list',
    method: 'GET',
    path: '/packs',
    summary: 'List the providers that can be installed by name',
    scope: 'tools:read',
    status: 200,
    response: z.object({ items: z.array(summary) }),
    errors: [],
    cli: 'packs list',
  }),
  getPack: defineOperation({
    id: 'packs.get',
    method: 'GET',
    path: '/packs/{pack}',
    summary: 'Get what is known of a provider: addresses, credentials, tools',
    scope: 'tools:read',
    params: z.object({ pack: packName }),
    status: 200,
    response: pack,
    errors: ['not_found'],
    cli: 'packs show',
  }),
  installPack: defineOperation({
    id: 'packs.install',
    method: 'POST',
    path: '/packs/{pack}/install',
    summary: "Make a service of a provider: its document is imported, and the pack's default set is listed",
    description:
      'The other operations of the document are imported too: they are found by search, and can be called and listed.',
    scope: 'tools:write',
    params: z.object({ pack: packName }),
    maximumBodyBytes: 26_214_400,
    body: z.object({
      name: toolName,
      baseUrl: z
        .url({ protocol: /^https?$/u })
        .max(2000)
        .optional()
        .describe("The address of the instance; default: the provider's own, where it has one for everybody."),
      credential: credential.optional(),
      document: z
        .string()
        .max(20_000_000)
        .optional()
        .describe('The document itself, where the server cannot reach it.'),
      set: z.enum(['default', 'all']).default('default').describe('Which operations are listed as tools.'),
    }),
    status: 201,
    response: z.object({
      tool,
      pack: packName,
      listed: z.number().int().describe('Operations that are listed as tools.'),
      missing: z.array(z.string()).describe('Operations of the default set that the document does not have.'),
      ...report,
    }),
    errors: [
      'not_found',
      'broken_document',
      'too_large',
      'conflict',
      'upstream_unreachable',
      'upstream_failed',
      'upstream_timeout',
      'address_refused',
    ],
    idempotencyKey: true,
    cli: 'packs install',
  }),
};
