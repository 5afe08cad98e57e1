import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { jsonObject } from '../schemas.ts';

const name = z.string().min(1).max(64).describe('The name of a tool, as lists and searches show it.');

const toolName = z.object({ name });

const part = z.number().describe('Between 0 and 1.');

const found = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  service: z.string(),
  score: z.number(),
  why: z
    .object({
      matched: z
        .array(z.object({ word: z.string(), as: z.string(), field: z.string() }))
        .describe('What was asked for, as the tool says it, and where it does.'),
      readAs: z.array(z.string()).describe('What was read into the question, e.g. `pr -> pull request`.'),
      action: z
        .enum(['list', 'get', 'create', 'update', 'delete', 'run', 'write'])
        .optional()
        .describe('What is to be done, where the question tells.'),
      parts: z.object({
        words: part,
        coverage: part.describe('How much of what was asked for it has.'),
        meaning: part.optional().describe('Absent where it could not be compared.'),
        action: part.describe('Whether it does what is asked.'),
        focus: part.describe('How much of what it is about was asked for.'),
      }),
    })
    .describe('Why it was found.'),
});

const tool = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  service: z.string(),
  inputSchema: jsonObject.describe('What `arguments` of a call must fit.'),
  outputSchema: jsonObject.optional().describe('What `structured` of a result that is no error holds.'),
  annotations: z.object({
    readOnlyHint: z.boolean(),
    destructiveHint: z.boolean(),
    idempotentHint: z.boolean(),
    openWorldHint: z.boolean(),
  }),
});

export const toolFindingOperations = {
  searchTools: defineOperation({
    id: 'tools.search',
    method: 'GET',
    path: '/catalogue/search',
    summary: 'Find tools by what is to be done, in words, e.g. `open a pull request`',
    description:
      'Finds any tool that the presented key may call, also those that lists leave out. Read the best one with describe, then call it.',
    scope: 'tools:read',
    query: z.object({
      q: z.string().trim().min(1).max(500).describe('What is to be done.'),
      service: z.string().min(1).max(24).optional().describe('Only tools of this service.'),
      limit: z.coerce.number().int().min(1).max(50).default(10),
    }),
    status: 200,
    response: z.object({
      items: z.array(found).describe('The best first.'),
      state: z
        .enum(['ok', 'no_match', 'not_indexed', 'degraded'])
        .describe(
          '`not_indexed`: there are no tools yet. `degraded`: not every tool could be compared by meaning, so more may fit.',
        ),
    }),
    errors: [],
    mcp: { tool: 'devmesh.tools.search', readOnly: true },
    cli: 'tools search',
  }),
  describeTool: defineOperation({
    id: 'tools.describe',
    method: 'GET',
    path: '/catalogue/{name}',
    summary: 'Read a tool with the whole schema of its arguments',
    scope: 'tools:read',
    params: toolName,
    status: 200,
    response: tool.extend({ pinned: z.boolean() }),
    errors: ['not_found'],
    mcp: { tool: 'devmesh.tools.describe', readOnly: true },
    cli: 'tools describe',
  }),
  listPinnedTools: defineOperation({
    id: 'tools.pins',
    method: 'GET',
    path: '/pinned-tools',
    summary: 'List the tools that stay beside the meta tools at `/mcp/meta`',
    scope: 'tools:read',
    status: 200,
    response: z.object({ items: z.array(tool).max(100).describe('Those that the presented key may call, by name.') }),
    errors: [],
    cli: 'tools pins',
  }),
  pinTool: defineOperation({
    id: 'tools.pin',
    method: 'PUT',
    path: '/pinned-tools/{name}',
    summary: 'Keep a tool in the lists that otherwise hold the meta tools only; at most 100',
    scope: 'tools:write',
    params: toolName,
    status: 204,
    errors: ['not_found', 'conflict'],
    cli: 'tools pin',
  }),
  unpinTool: defineOperation({
    id: 'tools.unpin',
    method: 'DELETE',
    path: '/pinned-tools/{name}',
    summary: 'Take a tool out of those lists again',
    scope: 'tools:write',
    params: toolName,
    status: 204,
    errors: ['not_found'],
    cli: 'tools unpin',
  }),
};
