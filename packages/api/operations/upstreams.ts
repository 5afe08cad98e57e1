import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { roundInput, inputRequired } from '../round-input.ts';
import { id, instant, jsonObject, pageOf, pageQuery, slug } from '../schemas.ts';
import { toolContent } from '../tool-content.ts';
import { credential } from '../tool-credential.ts';
import { screeningFinding, tool, toolName } from './tools.ts';

const uri = z
  .string()
  .min(1)
  .max(2_100)
  .describe(
    'An address as the lists give it: `devmesh+<service>:` and the address at the server, or what a tool set shows.',
  );

const inSet = slug
  .optional()
  .describe('Only of the MCP servers that this tool set takes in whole, under the names that it shows.');
const setQuery = pageQuery.extend({ set: inSet });

/** What is known of the MCP server that a service is. */
const upstream = z.object({
  transport: z.enum(['http', 'sse', 'websocket', 'stdio']),
  state: z.enum(['connecting', 'connected', 'failed']),
  reason: z.string().optional().describe('Why it failed, where it did.'),
  protocolVersion: z.string().optional(),
  capabilities: jsonObject,
  instructions: z.string().optional().describe('What the server tells models about itself.'),
  lastSeenAt: instant.optional(),
  refused: z
    .array(z.object({ name: z.string(), reason: z.string() }))
    .describe('Tools that it lists and that could not be taken, and why.'),
  findings: z
    .array(screeningFinding)
    .describe('What in its lists looks like an attempt on the models that read them, before it was cleaned.'),
});

const registered = tool.extend({ upstream: upstream.optional().describe('Of services that are MCP servers.') });

/** Operations on services that are MCP servers. */
export const upstreamToolOperations = {
  registerMcp: defineOperation({
    id: 'tools.registerMcp',
    method: 'POST',
    path: '/tools/mcp',
    summary: 'Register an MCP server; its tools, resources and prompts are relayed',
    description:
      'Give `url` of a server on the network, or `command` of a program that the operator allows in MCP_STDIO_COMMANDS. ' +
      'A server that cannot be reached now is kept and shown as failed, with the reason.',
    scope: 'tools:write',
    body: z
      .object({
        name: toolName,
        url: z
          .url({ protocol: /^(?:https?|wss?)$/u })
          .max(2_000)
          .optional(),
        transport: z
          .enum(['http', 'sse'])
          .optional()
          .describe(
            'Of an http address: Streamable HTTP, or the older HTTP with SSE. Absent: the former, and the latter where the server refuses it.',
          ),
        command: z.string().min(1).max(500).optional(),
        args: z.array(z.string().max(4_000)).max(100).default([]),
        env: z
          .record(z.string().max(128), z.string().max(8_192))
          .default({})
          .refine((env) => Object.keys(env).length <= 100, 'at most 100 variables')
          .describe('What the program finds in its environment. Stored encrypted, never shown again.'),
        cwd: z.string().min(1).max(2_000).optional(),
        credential: credential.optional(),
      })
      .refine((body) => (body.url === undefined) !== (body.command === undefined), {
        message: 'give exactly one of url and command',
      }),
    status: 201,
    response: registered,
    errors: ['conflict', 'address_refused', 'forbidden', 'not_found'],
    cli: 'tools add-mcp',
  }),
  getTool: defineOperation({
    id: 'tools.get',
    method: 'GET',
    path: '/tools/{toolId}',
    summary: 'Show a service, and how its MCP server is where it is one',
    scope: 'tools:read',
    params: z.object({ toolId: id }),
    status: 200,
    response: registered,
    errors: ['not_found'],
    cli: 'tools show',
  }),
};

const described = {
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
};

const resource = z.object({ uri, ...described, mimeType: z.string().optional(), size: z.number().int().optional() });
const template = z.object({ uriTemplate: z.string(), ...described, mimeType: z.string().optional() });
const prompt = z.object({
  ...described,
  name: z.string().describe('`<service>_<prompt>`, which matches [a-zA-Z0-9_-]{1,64}, or what a tool set shows.'),
  arguments: z
    .array(z.object({ name: z.string(), description: z.string().optional(), required: z.boolean().optional() }))
    .optional(),
});

const failures = ['not_found', 'upstream_unreachable', 'upstream_failed', 'upstream_timeout', 'unavailable'] as const;
const failuresOfCalls = [
  ...failures,
  'address_refused',
  'wrong_secret',
  'consent_required',
  'forbidden',
  'capability_missing',
] as const;

/** Answers of clients hold whole answers of models. */
const largestAnswers = 10_485_760;

const promptName = z.string().min(1).max(256);

/** What MCP servers offer besides tools, and the questions that they ask during calls. */
export const upstreamOperations = {
  listResources: defineOperation({
    id: 'upstreams.resources',
    method: 'GET',
    path: '/upstreams/resources',
    summary: 'List the resources of the MCP servers of the organization',
    scope: 'tools:read',
    query: setQuery,
    status: 200,
    response: pageOf(resource),
    errors: ['not_found'],
    cli: 'upstreams resources',
  }),
  listTemplates: defineOperation({
    id: 'upstreams.templates',
    method: 'GET',
    path: '/upstreams/resource-templates',
    summary: 'List the templates of resources of the MCP servers of the organization',
    scope: 'tools:read',
    query: setQuery,
    status: 200,
    response: pageOf(template),
    errors: ['not_found'],
    cli: 'upstreams templates',
  }),
  readResource: defineOperation({
    id: 'upstreams.readResource',
    method: 'POST',
    path: '/upstreams/resources/content',
    summary: 'Read a resource of an MCP server',
    scope: 'tools:call',
    maximumBodyBytes: largestAnswers,
    body: z.object({ uri, set: inSet, input: roundInput.optional() }),
    status: 200,
    response: z.object({
      inputRequired: inputRequired.optional(),
      contents: z.array(
        z.object({
          uri: z.string(),
          mimeType: z.string().optional(),
          text: z.string().optional(),
          blob: z.string().optional().describe('In base64.'),
          _meta: jsonObject.optional(),
        }),
      ),
    }),
    errors: [...failuresOfCalls, 'too_large'],
    cli: 'upstreams read',
  }),
  subscribe: defineOperation({
    id: 'upstreams.subscribe',
    method: 'PUT',
    path: '/upstreams/subscriptions',
    summary: 'Ask to be told in the event feed when a resource of an MCP server changes; for 10 minutes',
    scope: 'tools:call',
    body: z.object({ uri, set: inSet }),
    status: 200,
    response: z.object({
      endsAt: instant,
      uri: z.string().describe('The address under which the event feed tells of it.'),
    }),
    errors: ['not_found', 'rate_limited', 'upstream_failed'],
  }),
  listPrompts: defineOperation({
    id: 'upstreams.prompts',
    method: 'GET',
    path: '/upstreams/prompts',
    summary: 'List the prompts of the MCP servers of the organization',
    scope: 'tools:read',
    query: setQuery,
    status: 200,
    response: pageOf(prompt),
    errors: ['not_found'],
    cli: 'upstreams prompts',
  }),
  getPrompt: defineOperation({
    id: 'upstreams.getPrompt',
    method: 'POST',
    path: '/upstreams/prompts/{name}',
    summary: 'Fill in a prompt of an MCP server',
    scope: 'tools:call',
    params: z.object({ name: promptName }),
    maximumBodyBytes: largestAnswers,
    body: z.object({
      arguments: z.record(z.string(), z.string()).default({}),
      set: inSet,
      input: roundInput.optional(),
    }),
    status: 200,
    response: z.object({
      inputRequired: inputRequired.optional(),
      description: z.string().optional(),
      messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: toolContent })),
    }),
    errors: failuresOfCalls,
  }),
  complete: defineOperation({
    id: 'upstreams.complete',
    method: 'POST',
    path: '/upstreams/completions',
    summary: 'Ask an MCP server how an argument of a prompt or a template could go on',
    scope: 'tools:call',
    body: z.object({
      set: inSet,
      ref: z.discriminatedUnion('type', [
        z.object({ type: z.literal('ref/prompt'), name: promptName }),
        z.object({ type: z.literal('ref/resource'), uri }),
      ]),
      argument: z.object({ name: z.string().max(256), value: z.string().max(8_192) }),
      context: z.object({ arguments: z.record(z.string(), z.string()).optional() }).optional(),
    }),
    status: 200,
    response: z.object({
      completion: z.object({
        values: z.array(z.string()).max(100),
        total: z.number().int().optional(),
        hasMore: z.boolean().optional(),
      }),
    }),
    errors: failuresOfCalls,
  }),
  answer: defineOperation({
    id: 'upstreams.answer',
    method: 'POST',
    path: '/calls/{callId}/answers',
    summary: 'Answer what a service asks during a call that is answered as a stream',
    description: 'Only the key that called may answer, and only once.',
    scope: 'tools:call',
    params: z.object({ callId: id }),
    body: z
      .object({
        requestId: z.string().min(1).max(64),
        result: jsonObject.optional(),
        error: z.object({ code: z.number().int(), message: z.string().max(2_000) }).optional(),
      })
      .refine((body) => (body.result === undefined) !== (body.error === undefined), {
        message: 'give exactly one of result and error',
      }),
    status: 204,
    errors: ['not_found', 'invalid_state'],
  }),
};
