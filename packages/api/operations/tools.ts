import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, jsonObject, pageOf, pageQuery } from '../schemas.ts';
import { toolContent } from '../tool-content.ts';

const toolName = z
  .string()
  .min(1)
  .max(24)
  .regex(/^[a-z][a-z0-9_]*$/u, 'a lower-case letter, then lower-case letters, digits and underscores')
  .refine((name) => !name.startsWith('devmesh'), "names that begin with devmesh are the platform's own")
  .describe('Prefix of the names of its tools, e.g. `github`.');

const tokenEndpoint = z
  .url({ protocol: /^https?$/u })
  .max(2000)
  .describe('Where tokens are asked for; https, except on this machine.');

const grantScopes = z
  .array(
    z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\u0021\u0023-\u005B\u005D-\u007E]+$/u, 'printable ASCII without space, quote and backslash'),
  )
  .max(100)
  .default([]);

const credential = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('bearer'), token: z.string().min(1).max(8192) }),
    z.object({ kind: z.literal('basic'), username: z.string().max(1024), password: z.string().max(8192) }),
    z.object({
      kind: z.literal('apiKey'),
      in: z.enum(['header', 'query']),
      name: z.string().min(1).max(200),
      value: z.string().min(1).max(8192),
    }),
    z.object({
      kind: z.literal('oauth2'),
      providerId: id.describe('An OAuth provider of the organization; its tokens go to its hosts only.'),
      mode: z
        .enum(['user', 'organization'])
        .describe('Whose connection a call uses: that of the person behind it, or the one of the organization.'),
    }),
    z.object({
      kind: z.literal('clientCredentials'),
      tokenEndpoint,
      clientId: z.string().min(1).max(1024),
      clientSecret: z.string().min(1).max(8192),
      clientAuthentication: z.enum(['basic', 'post']).default('basic'),
      scopes: grantScopes,
      audience: z.string().min(1).max(2000).optional(),
      resource: z.string().min(1).max(2000).optional().describe('The resource that tokens are asked for (RFC 8707).'),
    }),
    z.object({
      kind: z.literal('jwtBearer'),
      key: z.string().min(1).max(16_384).describe('A private key in PEM.'),
      algorithm: z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']).default('RS256'),
      keyId: z.string().min(1).max(500).optional(),
      issuer: z.string().min(1).max(2000).describe('Who signs, e.g. a service account; the client id of a GitHub App.'),
      subject: z.string().min(1).max(2000).optional(),
      audience: z.string().min(1).max(2000).optional().describe('Default: the token endpoint.'),
      tokenEndpoint: tokenEndpoint.optional(),
      scopes: grantScopes,
      githubApp: z
        .object({
          installationId: z.string().regex(/^[0-9]{1,20}$/u, 'digits'),
          apiUrl: z
            .url({ protocol: /^https?$/u })
            .max(2000)
            .default('https://api.github.com'),
        })
        .optional()
        .describe('In place of a token endpoint: tokens of an installation of a GitHub App.'),
    }),
  ])
  .describe('How calls authenticate at the service. Stored encrypted, never shown again.');

/** A service whose operations became MCP tools. */
const tool = z.object({
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

const remark = z.object({ method: z.string(), path: z.string(), reason: z.string() });

export const toolOperations = {
  importTool: defineOperation({
    id: 'tools.import',
    method: 'POST',
    path: '/tools',
    summary: 'Import an OpenAPI document (3.x, or Swagger 2.0); its operations become MCP tools',
    description:
      'Give either `url`, fetched by the server, or `document`, the text itself (JSON or YAML). Nothing is stored when the document cannot be used.',
    scope: 'tools:write',
    maximumBodyBytes: 26_214_400,
    body: z
      .object({
        name: toolName,
        url: z.url({ protocol: /^https?$/u }).optional(),
        document: z.string().max(20_000_000).optional(),
        baseUrl: z
          .url({ protocol: /^https?$/u })
          .optional()
          .describe("Where calls go; default: the document's first server."),
        credential: credential.optional(),
      })
      .refine((body) => (body.url === undefined) !== (body.document === undefined), {
        message: 'give exactly one of url and document',
      }),
    status: 201,
    response: z.object({
      tool,
      skipped: z.array(remark).describe('Operations that did not become tools, and why.'),
      loosened: z
        .array(remark)
        .default([])
        .describe(
          'Tools of which something was left open or off, e.g. a schema behind an external reference, and why.',
        ),
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
    query: pageQuery,
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
    body: z.object({ arguments: jsonObject.default({}) }),
    status: 200,
    response: z.object({
      isError: z.boolean(),
      status: z.number().int().optional().describe('The HTTP status of the service, where it was asked over HTTP.'),
      content: z.array(toolContent).describe('The answer in pieces, as MCP has them.'),
      structured: jsonObject.optional().describe('The answer, where it is a JSON object.'),
      truncated: z.boolean().describe('Whether a part of the answer is not in it; the content says where it is.'),
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
    ],
    limit: { scope: 'tool', part: 'params', field: 'name' },
    cli: 'tools call',
  }),
};
