import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery, slug } from '../schemas.ts';
import { credential } from '../tool-credential.ts';
import { callExchange } from '../call-exchange.ts';
import { roundInput, inputRequired } from '../round-input.ts';
import { toolContent } from '../tool-content.ts';

export const toolName = z
  .string()
  .min(1)
  .max(24)
  .regex(/^[a-z][a-z0-9_]*$/u, 'a lower-case letter, then lower-case letters, digits and underscores')
  .refine((name) => !name.startsWith('devmesh'), "names that begin with devmesh are the platform's own")
  .describe('Prefix of the names of its tools, e.g. `github`.');

/** A service whose operations became MCP tools. */
export const tool = z.object({
  id,
  name: toolName,
  title: z.string(),
  version: z.string().describe("The document's own version."),
  baseUrl: z.string(),
  sourceUrl: z.string().optional(),
  operationCount: z.number().int(),
  hasCredential: z.boolean(),
  createdAt: instant,
});

/** An operation of a service as MCP clients see it. */
const mcpTool = z.object({
  name: z.string().describe('Unique in the organization; matches [a-zA-Z0-9_-]{1,64}.'),
  title: z.string(),
  description: z.string(),
  inputSchema: jsonObject.describe('JSON Schema 2020-12 with an object at its root.'),
  outputSchema: jsonObject.optional().describe('What `structured` of a result that is no error holds.'),
  annotations: z.object({
    readOnlyHint: z.boolean(),
    destructiveHint: z.boolean(),
    idempotentHint: z.boolean(),
    openWorldHint: z.boolean(),
  }),
});

const inSet = slug.optional().describe('Only the tools of this set, under the names that it shows.');

const remark = z.object({
  method: z.string().describe('`*` stands for all of a path.'),
  path: z.string(),
  code: z.enum([
    'extension',
    'method_never_sent',
    'path_item_unresolved',
    'reference_unresolved',
    'schema_too_large',
    'parameter_left_out',
    'body_left_open',
    'media_type_guessed',
    'other_server',
  ]),
  reason: z.string(),
});

/** What in the texts of a service wants a person's look. */
export const screeningFinding = z.object({
  subject: z.string().describe('What of the service it is in, e.g. `tool add` or `server`.'),
  at: z.string().describe('Where in it, e.g. `description`.'),
  code: z
    .enum(['hidden_text', 'instructions', 'markup', 'encoded', 'secrets', 'other_tool', 'look_alike'])
    .describe('What it looks like.'),
  excerpt: z.string().describe('What it says there; of hidden letters what they stand for.'),
});

/** What of a document did not become tools, or not whole, and what of those that did wants a look. */
export const report = {
  skipped: z.array(remark).describe('Operations that did not become tools, and why.'),
  loosened: z
    .array(remark)
    .default([])
    .describe('Tools of which something was left open or off, e.g. a schema behind a reference to nowhere, and why.'),
  findings: z
    .array(screeningFinding)
    .default([])
    .describe('What in its tools looks like an attempt on the models that read them; at most 100.'),
};

export const toolOperations = {
  importTool: defineOperation({
    id: 'tools.import',
    method: 'POST',
    path: '/tools',
    summary: 'Import an OpenAPI document (3.x, or Swagger 2.0); its operations become MCP tools',
    description:
      'Give either `url`, fetched by the server, or `document`, the text itself (JSON or YAML) with `files` that it refers to. Nothing is stored when the document cannot be used.',
    scope: 'tools:write',
    maximumBodyBytes: 26_214_400,
    body: z
      .object({
        name: toolName,
        url: z.url({ protocol: /^https?$/u }).optional(),
        document: z.string().max(20_000_000).optional(),
        files: z
          .record(z.string().min(1).max(500), z.string().max(20_000_000))
          .refine((files) => Object.keys(files).length <= 500, { message: 'at most 500 files' })
          .optional()
          .describe('Files that the document refers to, their texts by path.'),
        documentPath: z
          .string()
          .min(1)
          .max(500)
          .optional()
          .describe('Where the document lies among the files; default: beside them.'),
        baseUrl: z
          .url({ protocol: /^https?$/u })
          .optional()
          .describe("Where calls go; default: the document's first server."),
        serverVariables: z
          .record(z.string().min(1).max(100), z.string().max(500))
          .refine((variables) => Object.keys(variables).length <= 50, { message: 'at most 50 variables' })
          .optional()
          .describe("Values of the variables of the document's servers, in place of their defaults."),
        credential: credential.optional(),
      })
      .refine((body) => (body.url === undefined) !== (body.document === undefined), {
        message: 'give exactly one of url and document',
      })
      .refine((body) => body.files === undefined || body.document !== undefined, {
        message: 'give files beside document only',
      }),
    status: 201,
    response: z.object({
      tool,
      ...report,
    }),
    errors: [
      'broken_document',
      'too_large',
      'conflict',
      'upstream_unreachable',
      'upstream_failed',
      'upstream_timeout',
      'address_refused',
    ],
    idempotencyKey: true,
    cli: 'tools import',
  }),
  toolReport: defineOperation({
    id: 'tools.report',
    method: 'GET',
    path: '/tools/{toolId}/report',
    summary: "What of a service's document did not become tools, or not whole, and what in it wants a look",
    scope: 'tools:read',
    params: z.object({ toolId: id }),
    status: 200,
    response: z.object(report),
    errors: ['not_found'],
    cli: 'tools report',
  }),
  listTools: defineOperation({
    id: 'tools.list',
    method: 'GET',
    path: '/tools',
    summary: 'List imported services',
    scope: 'tools:read',
    query: pageQuery,
    status: 200,
    response: pageOf(tool),
    errors: [],
    cli: 'tools list',
  }),
  deleteTool: defineOperation({
    id: 'tools.delete',
    method: 'DELETE',
    path: '/tools/{toolId}',
    summary: 'Remove a service, its tools and its credential',
    scope: 'tools:write',
    params: z.object({ toolId: id }),
    status: 204,
    errors: ['not_found'],
    cli: 'tools delete',
  }),
  setCredential: defineOperation({
    id: 'tools.setCredential',
    method: 'PUT',
    path: '/tools/{toolId}/credential',
    summary: 'Store the credential that calls to a service use',
    scope: 'tools:write',
    params: z.object({ toolId: id }),
    body: credential,
    status: 204,
    errors: ['not_found'],
  }),
  catalogue: defineOperation({
    id: 'tools.catalogue',
    method: 'GET',
    path: '/catalogue',
    summary: 'List the MCP tools that the presented key may call, by name',
    scope: 'tools:read',
    query: pageQuery.extend({ set: inSet }),
    status: 200,
    response: pageOf(mcpTool),
    errors: [],
    cli: 'tools catalogue',
  }),
  callTool: defineOperation({
    id: 'tools.call',
    method: 'POST',
    path: '/catalogue/{name}/call',
    summary: 'Call an MCP tool of an imported service',
    description:
      'An HTTP error of the service is a result with `isError`, so that a model can read it and repair its call.',
    scope: 'tools:call',
    params: z.object({ name: z.string().min(1).max(64) }),
    maximumBodyBytes: 10_485_760,
    body: z.object({
      arguments: jsonObject.default({}),
      set: inSet,
      select: z
        .array(z.string().min(1).max(500))
        .max(50)
        .optional()
        .describe('Fields of the answer that are wanted, e.g. `items.name` or `/items/0/name`; default: all.'),
      pages: z
        .number()
        .int()
        .min(1)
        .max(10)
        .optional()
        .describe('Pages to fetch and put together, of reads; default: 1.'),
      textBytes: z
        .number()
        .int()
        .min(4_096)
        .max(262_144)
        .optional()
        .describe(
          'Bytes of text that the result shows of an answer over HTTP; of a larger one a taste, and where all of it is. Default: 262144.',
        ),
      exchange: callExchange.optional(),
      input: roundInput.optional(),
      mirrored: z
        .record(z.string().max(200), z.string().nullable())
        .optional()
        .describe(
          'What the caller repeated of the arguments in `Mcp-Param-…` headers, by what follows in lower case; null where it cannot be read.',
        ),
    }),
    mayStream: true,
    status: 200,
    response: z.object({
      inputRequired: inputRequired.optional(),
      isError: z.boolean(),
      status: z.number().int().optional().describe('The HTTP status of the service, where it was asked over HTTP.'),
      content: z.array(toolContent).describe('The answer in pieces, as MCP has them.'),
      structured: jsonObject.optional().describe('The answer, where it is a JSON object.'),
      truncated: z.boolean().describe('Whether a part of the answer is not in it; the content says where it is.'),
      next: z
        .object({ arguments: jsonObject })
        .optional()
        .describe('The arguments that change to get the next page; all others stay.'),
      headers: z.record(z.string(), z.string()).optional().describe('Headers of the service that tell more.'),
    }),
    errors: [
      'not_found',
      'too_large',
      'upstream_unreachable',
      'upstream_failed',
      'upstream_timeout',
      'address_refused',
      'unavailable',
      'wrong_secret',
      'consent_required',
      'credential_missing',
      'capability_missing',
      'url_elicitation_required',
      'header_mismatch',
    ],
    limit: { scope: 'tool', part: 'params', field: 'name' },
    mcp: { tool: 'devmesh.tools.call', readOnly: false, destructive: true, takes: ['name', 'arguments'], relays: true },
    cli: 'tools call',
  }),
  readResult: defineOperation({
    id: 'tools.readResult',
    method: 'GET',
    path: '/results/{resultId}',
    summary: 'Read a large result of a tool call, page by page',
    description: 'Results are kept for a day, and only whoever called (the same agent, person or key) reads them.',
    scope: 'tools:call',
    params: z.object({ resultId: id }),
    query: z.object({
      cursor: z.string().max(100).optional().describe('Where the previous page ended (`nextCursor`).'),
      select: z
        .string()
        .min(1)
        .max(2000)
        .optional()
        .describe('Fields of a JSON result that are wanted, separated by commas, e.g. `items.name,total`.'),
    }),
    status: 200,
    response: z.object({
      id,
      tool: z.string().describe('The tool that was called.'),
      mediaType: z.string(),
      bytes: z.number().int().nonnegative().describe('Of the whole result.'),
      text: z.string().optional(),
      base64: z.string().optional().describe('In place of `text`, where it is none.'),
      nextCursor: z.string().optional(),
      expiresAt: instant,
    }),
    errors: ['not_found'],
    mcp: { tool: 'devmesh.result.read', readOnly: true },
    cli: 'tools result',
  }),
};
