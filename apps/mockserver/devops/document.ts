import { z } from 'zod';
import { idempotencyHeader, idempotencyKey } from './idempotency.ts';
import { componentSchemas, propertySchemas, type JsonSchema } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { pageQuery } from './page.ts';
import { components } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const problemAnswers = {
  401: ['Unauthorized', 'No valid credential was given.'],
  404: ['NotFound', 'There is no such thing.'],
  409: ['Conflict', 'The present state, or an earlier use of the Idempotency-Key, does not allow this.'],
  400: ['MalformedBody', 'The body is not JSON.'],
  413: ['TooLarge', 'The body is too large.'],
  415: ['UnsupportedMediaType', 'The body is not declared as JSON.'],
  422: ['Invalid', 'Parameters or body are not valid; `errors` names every wrong value.'],
} as const;

type ProblemAnswer = keyof typeof problemAnswers;

const tags = [
  { name: 'services', description: 'What runs, who owns it and who is on call.' },
  { name: 'issues', description: 'Work to do, and the discussion about it.' },
  { name: 'deployments', description: 'Versions on their way to an environment, and back.' },
  { name: 'incidents', description: 'Disturbances, the response to them and their timeline.' },
];

/** The OpenAPI 3.1 document of Acme DevOps, derived from the operations that answer. */
export function openapiDocument(serverUrl: string): Json {
  const names = new Map<z.ZodType, string>(Object.entries(components).map(([name, schema]) => [schema, name]));
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method] = describeOperation(operation, names);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Acme DevOps',
      version: '1.0.0',
      description: 'Services, issues, deployments and incidents of Acme, an imaginary shop. Data lives in memory.',
    },
    servers: [{ url: serverUrl, description: 'This mock server' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags,
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The API token.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The API token, in its own header.' },
      },
      schemas: componentSchemas(components),
      parameters: sharedParameters(),
      responses: Object.fromEntries(
        Object.values(problemAnswers).map(([name, description]) => [name, problemAnswer(description)]),
      ),
    },
  };
}

function describeOperation(operation: Operation, names: ReadonlyMap<z.ZodType, string>): Json {
  return {
    operationId: operation.operationId,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    parameters: parameters(operation),
    ...(operation.body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(operation.body, names) } }),
    responses: responses(operation, names),
  };
}

function parameters(operation: Operation): Json[] {
  const path = Object.entries(propertySchemas(operation.pathParameters));
  const query = Object.entries(propertySchemas(operation.queryParameters));
  return [
    ...path.map(([name, schema]) => ({ ...parameter(name, schema, 'path'), required: true })),
    ...query.map(([name, schema]) =>
      name in pageQuery ? { $ref: `#/components/parameters/${name}` } : parameter(name, schema, 'query'),
    ),
    ...(operation.idempotent ? [{ $ref: '#/components/parameters/idempotencyKey' }] : []),
  ];
}

function parameter(name: string, described: JsonSchema, place: 'path' | 'query' | 'header'): Json {
  const { description, ...schema } = described;
  const list = schema['type'] === 'array' ? { style: 'form', explode: true } : {};
  return { name, in: place, description, ...list, schema };
}

function sharedParameters(): Record<string, Json> {
  const page = Object.entries(propertySchemas(z.object(pageQuery)));
  const header = propertySchemas(z.object({ idempotencyKey }))['idempotencyKey'] ?? {};
  return {
    ...Object.fromEntries(page.map(([name, schema]) => [name, parameter(name, schema, 'query')])),
    idempotencyKey: parameter(idempotencyHeader, header, 'header'),
  };
}

function responses(operation: Operation, names: ReadonlyMap<z.ZodType, string>): Json {
  const body = operation.answer === undefined ? {} : { content: jsonContent(operation.answer, names) };
  return {
    [operation.status]: { description: operation.answer?.description ?? 'Done.', ...body },
    ...Object.fromEntries(
      problemsOf(operation).map((status) => [status, { $ref: `#/components/responses/${problemAnswers[status][0]}` }]),
    ),
    default: problemAnswer('Any other failure.'),
  };
}

function problemsOf(operation: Operation): ProblemAnswer[] {
  const hasPath = Object.keys(operation.pathParameters.shape).length > 0;
  const body: ProblemAnswer[] = operation.body === undefined ? [] : [400, 413, 415];
  return [
    401,
    422,
    ...body,
    ...(hasPath ? ([404] as const) : []),
    ...(operation.conflicts || operation.idempotent ? ([409] as const) : []),
  ];
}

function problemAnswer(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: reference('Problem') } } };
}

function jsonContent(schema: z.ZodType, names: ReadonlyMap<z.ZodType, string>): Json {
  const name = names.get(schema);
  if (name === undefined) throw new Error('Every body and answer must be one of the named components.');
  return { 'application/json': { schema: reference(name) } };
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
