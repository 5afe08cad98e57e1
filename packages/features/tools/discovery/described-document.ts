import type { Loose } from '../reading/json-value.ts';

/** A JSON schema, as a document has it. */
export type DescribedSchema = Readonly<Record<string, unknown>>;

/** What goes where in a request that something else than OpenAPI describes. */
export interface DescribedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean | undefined;
  readonly description?: string | undefined;
  readonly schema?: DescribedSchema | undefined;
}

/** One operation that something else than OpenAPI describes. */
export interface DescribedOperation {
  readonly method: string;
  /** With `{name}` for what arguments fill. */
  readonly path: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly parameters?: readonly DescribedParameter[] | undefined;
  readonly body?: {
    readonly mediaType: string;
    readonly schema: DescribedSchema;
    readonly required?: boolean | undefined;
    readonly description?: string | undefined;
  };
  /** Where it is called, if not where the others are. */
  readonly server?: string | undefined;
}

/** A whole API that something else than OpenAPI describes. */
export interface DescribedApi {
  readonly title: string;
  readonly version: string;
  /** Absolute, or relative to where the description lies; undefined where nobody knows. */
  readonly server: string | undefined;
  readonly operations: readonly DescribedOperation[];
}

/** The OpenAPI document that says the same. */
export function documentOf({ title, version, server, operations }: DescribedApi): Loose {
  const paths: Record<string, Record<string, unknown>> = {};
  const names = new Set<string>();
  for (const operation of operations) {
    const method = operation.method.toLowerCase();
    const path = freePath(paths, operation.path, method);
    const operationId = freeName(names, operation.name);
    paths[path] = { ...paths[path], [method]: operationOf(operation, operationId) };
  }
  return {
    openapi: '3.1.0',
    info: { title, version },
    ...(server === undefined ? {} : { servers: [{ url: server }] }),
    paths,
  };
}

/** Several operations of one method and path are told apart by a fragment, which no request carries. */
function freePath(paths: Readonly<Record<string, object>>, path: string, method: string): string {
  let candidate = path;
  for (let count = 2; Object.hasOwn(paths[candidate] ?? {}, method); count += 1) {
    candidate = `${path}${path.includes('#') ? '-' : '#'}${String(count)}`;
  }
  return candidate;
}

function freeName(names: Set<string>, name: string): string {
  let candidate = name;
  for (let count = 2; names.has(candidate); count += 1) candidate = `${name}_${String(count)}`;
  names.add(candidate);
  return candidate;
}

function operationOf(operation: DescribedOperation, operationId: string): Loose {
  const { title, description, tags, body, server } = operation;
  const parameters = withPathParameters(operation);
  return {
    operationId,
    ...(title === undefined ? {} : { summary: title }),
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    ...(server === undefined ? {} : { servers: [{ url: server }] }),
    responses: { default: { description: 'What the service answers.' } },
  };
}

function withPathParameters({ path, parameters = [] }: DescribedOperation): readonly Loose[] {
  const named = new Set(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name));
  const missing = [...path.matchAll(/\{([^{}]+)\}/gu)]
    .map(([, name = '']) => name)
    .filter((name) => !named.has(name))
    .map((name): DescribedParameter => ({ name, in: 'path' }));
  return [...parameters, ...missing].map(parameterOf);
}

function parameterOf({ name, in: place, required, description, schema }: DescribedParameter): Loose {
  return {
    name,
    in: place,
    ...(place === 'path' || required === true ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: schema ?? { type: 'string' },
  };
}

function requestBodyOf({
  mediaType,
  schema,
  required = true,
  description,
}: NonNullable<DescribedOperation['body']>): Loose {
  return {
    required,
    ...(description === undefined ? {} : { description }),
    content: { [mediaType]: { schema } },
  };
}
