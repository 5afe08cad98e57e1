import { errorTable, type ErrorCode } from '@devmesh/foundation/errors';
import { toSchema } from './mcp.ts';
import { allOperations, basePath } from './operations.ts';
import type { Operation } from './operation.ts';

type JsonObject = Record<string, unknown>;

/** Failures that any operation can answer. */
const generalErrors: readonly ErrorCode[] = [
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'internal',
];

/** The OpenAPI 3.1 document of the operation table. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of allOperations) {
    (paths[basePath + operation.path] ??= {})[operation.method.toLowerCase()] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Developer Mesh',
      version,
      description: 'The control plane between coding agents and DevOps tools.',
    },
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key of the organization.' } },
      schemas: { Problem: problemSchema },
    },
  };
}

function describe(operation: Operation): JsonObject {
  return {
    operationId: operation.id,
    tags: [operation.id.split('.')[0]],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    parameters: [...parametersOf(operation, 'path'), ...parametersOf(operation, 'query'), ...headersOf(operation)],
    ...bodyOf(operation),
    responses: responsesOf(operation),
    ...(operation.scope === 'public' ? {} : { security: [{ key: [] }], 'x-scope': operation.scope }),
  };
}

function parametersOf(operation: Operation, where: 'path' | 'query'): JsonObject[] {
  const schema = where === 'path' ? operation.params : operation.query;
  if (schema === undefined) return [];
  const { properties, required } = toSchema(schema, 'input') as {
    properties: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (required ?? []).includes(name),
    schema: property,
  }));
}

function headersOf(operation: Operation): JsonObject[] {
  if (operation.idempotencyKey === undefined) return [];
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key with the same request has one effect and gets the first answer again, for 24 hours.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
}

function bodyOf(operation: Operation): JsonObject {
  if (operation.raw === true) {
    // What a page sends is a form.
    const mediaType = operation.page === true ? 'application/x-www-form-urlencoded' : 'application/json';
    return { requestBody: { required: true, content: { [mediaType]: { schema: {} } } } };
  }
  if (operation.body === undefined) return {};
  return {
    requestBody: { required: true, content: { 'application/json': { schema: toSchema(operation.body, 'input') } } },
  };
}

function responsesOf(operation: Operation): JsonObject {
  const success: JsonObject = { description: operation.summary };
  if (operation.stream === true) {
    success['content'] = { [operation.mediaType ?? 'text/event-stream']: { schema: { type: 'string' } } };
  }
  if (operation.page === true) success['content'] = { 'text/html': { schema: { type: 'string' } } };
  if (operation.response !== undefined) {
    success['content'] = { 'application/json': { schema: toSchema(operation.response, 'output') } };
  }
  return { [String(operation.status)]: success, ...errorsOf(operation) };
}

function errorsOf(operation: Operation): JsonObject {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...operation.errors, ...generalErrors])) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

const problemSchema: JsonObject = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['type', 'title', 'status', 'code', 'detail', 'next'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    detail: { type: 'string' },
    next: { type: 'string', description: 'What to do about it.' },
    issues: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
    limit: {
      type: 'object',
      description: 'With `rate_limited`: the limit that refused.',
      required: ['scope', 'subject', 'limit', 'windowSeconds'],
      properties: {
        scope: { type: 'string' },
        subject: { type: 'string' },
        limit: { type: 'integer' },
        windowSeconds: { type: 'integer' },
      },
    },
    traceId: { type: 'string' },
  },
};
