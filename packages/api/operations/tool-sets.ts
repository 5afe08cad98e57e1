import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { instant, pageOf, pageQuery, slug } from '../schemas.ts';
import { toolNameSchema } from './tool-shaping.ts';

const pattern = z.string().regex(/^[a-zA-Z0-9_*-]{1,64}$/u, 'a name, or a pattern with `*`');

const selector = z
  .strictObject({
    service: z.string().min(1).max(24).optional(),
    names: z.array(pattern).min(1).max(200).optional().describe('One of them; `*` stands for anything.'),
    tags: z.array(z.string().min(1).max(200)).min(1).max(50).optional().describe('One of them.'),
    effects: z
      .array(z.enum(['read', 'write', 'destructive']))
      .min(1)
      .optional(),
  })
  .describe('What it does not name fits anything.');

const definition = z.object({
  title: z.string().trim().min(1).max(120),
  description: z.string().trim().max(2_000).default('').describe('What clients are told that connect to it.'),
  include: z.array(selector).max(100).default([]).describe('A tool is in the set where one of them fits.'),
  pinned: z.array(toolNameSchema).max(500).default([]).describe('Tools that are in it in any case.'),
  excluded: z.array(pattern).max(500).default([]).describe('Tools that are in it in no case.'),
  platformTools: z.boolean().default(false).describe("Whether the platform's own tools are in it."),
  unprefixed: z
    .boolean()
    .default(false)
    .describe('Show tools without the name of their service, where that leaves them one of their own.'),
});

const toolSet = definition.extend({ name: slug, createdAt: instant, updatedAt: instant });

const named = z.object({ name: slug });

export const toolSetOperations = {
  listToolSets: defineOperation({
    id: 'toolSets.list',
    method: 'GET',
    path: '/tool-sets',
    summary: 'List tool sets by name',
    scope: 'tools:read',
    query: pageQuery,
    status: 200,
    response: pageOf(toolSet),
    errors: [],
    cli: 'tool-sets list',
  }),
  getToolSet: defineOperation({
    id: 'toolSets.get',
    method: 'GET',
    path: '/tool-sets/{name}',
    summary: 'Read a tool set',
    scope: 'tools:read',
    params: named,
    status: 200,
    response: toolSet,
    errors: ['not_found'],
    cli: 'tool-sets get',
  }),
  putToolSet: defineOperation({
    id: 'toolSets.put',
    method: 'PUT',
    path: '/tool-sets/{name}',
    summary: 'Make or replace a tool set: tools of several services under an endpoint of their own',
    description:
      'MCP clients reach it at `/mcp/sets/<name>` and `/ws/sets/<name>`. A set narrows what a key may call and never widens it.',
    scope: 'tools:write',
    params: named,
    maximumBodyBytes: 131_072,
    body: definition,
    status: 200,
    response: toolSet,
    errors: ['conflict'],
    cli: 'tool-sets put',
  }),
  deleteToolSet: defineOperation({
    id: 'toolSets.delete',
    method: 'DELETE',
    path: '/tool-sets/{name}',
    summary: 'Remove a tool set; its tools stay',
    scope: 'tools:write',
    params: named,
    status: 204,
    errors: ['not_found'],
    cli: 'tool-sets delete',
  }),
};
