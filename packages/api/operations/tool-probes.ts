import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant } from '../schemas.ts';

const ofTool = z.object({ toolId: id });

const listing = z.object({
  listed: z.number().int().describe('Operations that are listed as tools.'),
  total: z.number().int(),
});

const check = z.object({
  status: z.enum(['ok', 'failed', 'unauthorized', 'unknown']),
  at: instant,
  latencyMilliseconds: z.number().int().optional(),
  httpStatus: z.number().int().optional(),
  reason: z.string().optional(),
});

const health = z.object({
  status: check.shape.status.describe('By the newest check; `unknown` before the first.'),
  checks: z.array(check).describe('Newest first.'),
  permissions: z
    .object({
      status: z.enum(['known', 'unknown', 'failed']),
      at: instant.optional(),
      reason: z.string().optional(),
      lacking: z
        .array(z.object({ reason: z.string(), operations: z.number().int() }))
        .describe('What the stored credential lacks, and how many operations are hidden for it.'),
    })
    .describe('What is known of what the stored credential may do.'),
});

const probeCredential = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('bearer'), token: z.string().min(1).max(8192) }),
    z.object({ kind: z.literal('basic'), username: z.string().max(1024), password: z.string().max(8192) }),
    z.object({
      kind: z.literal('apiKey'),
      in: z.enum(['header', 'query']),
      name: z.string().min(1).max(200),
      value: z.string().min(1).max(8192),
    }),
  ])
  .describe('Sent to the origin of `url` and to no other; not stored.');

export const toolProbeOperations = {
  setListing: defineOperation({
    id: 'tools.setListing',
    method: 'PUT',
    path: '/tools/{toolId}/listing',
    summary: 'Say which operations of a service are listed as tools; the others are still found and called',
    scope: 'tools:write',
    params: ofTool,
    body: z.object({
      set: z.enum(['default', 'all']).optional().describe("What to begin with: the pack's default set, or all."),
      list: z.array(z.string().min(1).max(4000)).max(1000).default([]).describe('Names or keys to be listed.'),
      unlist: z.array(z.string().min(1).max(4000)).max(1000).default([]).describe('Names or keys not to be listed.'),
    }),
    status: 200,
    response: listing,
    errors: ['not_found', 'invalid_state'],
    cli: 'tools listing',
  }),
  toolHealth: defineOperation({
    id: 'tools.health',
    method: 'GET',
    path: '/tools/{toolId}/health',
    summary: 'How a service answered to checks, and what its stored credential lacks',
    scope: 'tools:read',
    params: ofTool,
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    status: 200,
    response: health,
    errors: ['not_found'],
    cli: 'tools health',
  }),
  probeTool: defineOperation({
    id: 'tools.probe',
    method: 'POST',
    path: '/tools/{toolId}/probe',
    summary: 'Check a service and what its stored credential may do, now',
    scope: 'tools:write',
    params: ofTool,
    status: 200,
    response: health,
    errors: ['not_found', 'invalid_state'],
    cli: 'tools probe',
  }),
  discover: defineOperation({
    id: 'tools.discover',
    method: 'POST',
    path: '/tools/discover',
    summary: 'Find the descriptions of an API below an address, and MCP servers',
    description: 'What is found can be imported by its `url`. No credential is sent to any origin but that of `url`.',
    scope: 'tools:write',
    body: z.object({
      url: z
        .url({ protocol: /^https?$/u })
        .max(2000)
        .describe('The address of the API, its documentation, or the description itself.'),
      hints: z.array(z.string().min(1).max(500)).max(20).default([]).describe('Paths or addresses to try first.'),
      credential: probeCredential.optional(),
    }),
    status: 200,
    response: z.object({
      candidates: z.array(
        z.object({
          url: z.string(),
          format: z.enum(['openapi', 'swagger', 'postman', 'description', 'mcp']),
          title: z.string(),
          version: z.string().optional(),
          operations: z.number().int().optional(),
          found: z.string().describe('How it was found.'),
          note: z.string().optional(),
        }),
      ),
      tried: z.array(
        z.object({ url: z.string(), found: z.string(), outcome: z.string().describe('What came of it.') }),
      ),
      complete: z.boolean().describe('Whether all that is known to be worth a try was tried.'),
    }),
    errors: ['upstream_unreachable', 'upstream_timeout', 'address_refused'],
    cli: 'tools discover',
  }),
};
