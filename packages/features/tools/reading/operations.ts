import { framingHeaders } from '@devmesh/foundation';
import { isObject, listOf, objectOf, own, textOf, type Loose } from './json-value.ts';
import type { References } from './references.ts';
import { serverAddress } from './servers.ts';

const parameterPlaces = ['path', 'query', 'querystring', 'header', 'cookie'] as const;
export type ParameterPlace = (typeof parameterPlaces)[number];

/** A parameter as the document declares it, path-level ones included. */
export interface ApiParameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly description: string | undefined;
  /** Unconverted; undefined where the document has none. */
  readonly schema: unknown;
  readonly style: string | undefined;
  readonly explode: boolean | undefined;
  /** Its value travels as JSON text. */
  readonly json: boolean;
}

export interface ApiBody {
  readonly required: boolean;
  readonly description: string | undefined;
  /** What is sent as Content-Type. */
  readonly mediaType: string;
  readonly schema: unknown;
}

/** An operation of the document that can be called. */
export interface ApiOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly tags: readonly string[];
  readonly parameters: readonly ApiParameter[];
  readonly body: ApiBody | undefined;
  /** Where it is called when that is not the server of the document. */
  readonly server: string | undefined;
}

export interface Remark {
  readonly method: string;
  readonly path: string;
  readonly reason: string;
}

interface Listing {
  readonly operations: readonly ApiOperation[];
  readonly skipped: readonly Remark[];
}

interface ListingOptions {
  readonly document: Loose;
  readonly references: References;
  readonly documentUrl: string | undefined;
}

const verbs = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;

/** Every operation of the document: those that can be called, and the others with the reason. */
export function listOperations(options: ListingOptions): Listing {
  const operations: ApiOperation[] = [];
  const skipped: Remark[] = [];
  for (const [path, item] of Object.entries(objectOf(options.document['paths']))) {
    if (path.startsWith('x-')) continue;
    const pathItem = options.references.object(item);
    if (pathItem === undefined) {
      skipped.push({ method: '*', path, reason: 'its path item is missing, or outside of the document' });
      continue;
    }
    for (const [verb, operation] of operationsOf(pathItem)) {
      const read = readOperation(options, { path, method: verb.toUpperCase(), pathItem, operation });
      if (typeof read === 'string') skipped.push({ method: verb.toUpperCase(), path, reason: read });
      else operations.push(read);
    }
  }
  return { operations, skipped };
}

function operationsOf(pathItem: Loose): readonly (readonly [string, Loose])[] {
  const named = verbs.map((verb): readonly [string, unknown] => [verb, own(pathItem, verb)]);
  // OpenAPI 3.2 keeps other methods apart.
  const additional = Object.entries(objectOf(pathItem['additionalOperations']));
  return [...named, ...additional].flatMap(([verb, operation]) =>
    isObject(operation) ? [[verb, operation] as const] : [],
  );
}

interface Place {
  readonly path: string;
  readonly method: string;
  readonly pathItem: Loose;
  readonly operation: Loose;
}

/** The operation, or why it cannot be called. */
function readOperation({ references, documentUrl }: ListingOptions, place: Place): ApiOperation | string {
  const { path, method, pathItem, operation } = place;
  if (!/^[A-Z]{1,20}$/u.test(method) || method === 'TRACE' || method === 'CONNECT') {
    return `the method ${method.slice(0, 20)} is never sent`;
  }
  const body = readBody(references, operation);
  if (typeof body === 'string') return body;
  const parameters = readParameters(references, place);
  if (typeof parameters === 'string') return parameters;
  return {
    method,
    path,
    operationId: textOf(operation['operationId']),
    summary: textOf(operation['summary']) ?? textOf(pathItem['summary']),
    description: textOf(operation['description']) ?? textOf(pathItem['description']),
    deprecated: operation['deprecated'] === true,
    tags: tagsOf(operation),
    parameters,
    body,
    server: serverAddress(operation['servers'], documentUrl) ?? serverAddress(pathItem['servers'], documentUrl),
  };
}

const mostTags = 20;
const longestTag = 100;

function tagsOf(operation: Loose): readonly string[] {
  const named = listOf(operation['tags']).map(textOf);
  const tags = named.filter((tag): tag is string => tag !== undefined && tag.length <= longestTag);
  return [...new Set(tags)].slice(0, mostTags);
}

/** Set by the body, the client and the credential; OpenAPI ignores such parameters too. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'proxy-authorization',
]);

function readParameters(references: References, { path, pathItem, operation }: Place): ApiParameter[] | string {
  const merged = new Map<string, ApiParameter>();
  for (const candidate of [...listOf(pathItem['parameters']), ...listOf(operation['parameters'])]) {
    const parameter = readParameter(references, candidate);
    if (typeof parameter === 'string') return parameter;
    if (parameter !== undefined) merged.set(`${parameter.in} ${parameter.name}`, parameter);
  }
  for (const name of templateNames(path)) {
    const key = `path ${name}`;
    if (!merged.has(key)) merged.set(key, undeclared(name));
  }
  return [...merged.values()];
}

/** The names between braces in a path. */
function templateNames(path: string): readonly string[] {
  return [...new Set([...path.matchAll(/\{([^{}]+)\}/gu)].map((match) => match[1] ?? ''))];
}

function undeclared(name: string): ApiParameter {
  const schema = { type: 'string' };
  return {
    name,
    in: 'path',
    required: true,
    description: undefined,
    schema,
    style: undefined,
    explode: undefined,
    json: false,
  };
}

function readParameter(references: References, candidate: unknown): ApiParameter | string | undefined {
  const parameter = references.object(candidate);
  if (parameter === undefined) return brokenParameter(references, candidate);
  const name = typeof parameter['name'] === 'string' ? parameter['name'] : '';
  const place = parameterPlaces.find((candidatePlace) => candidatePlace === parameter['in']);
  const required = parameter['required'] === true;
  if (parameter['in'] === 'querystring') {
    return required ? 'it takes its whole query string as one parameter, which is not supported' : undefined;
  }
  if (place === undefined || name === '') return undefined;
  if (place === 'header' && isReserved(name.toLowerCase())) return undefined;
  const content = Object.values(objectOf(parameter['content']))[0];
  return {
    name,
    in: place,
    required: required || place === 'path',
    description: textOf(parameter['description']),
    schema: content === undefined ? parameter['schema'] : objectOf(content)['schema'],
    style: textOf(parameter['style']),
    explode: typeof parameter['explode'] === 'boolean' ? parameter['explode'] : undefined,
    json: content !== undefined,
  };
}

function isReserved(header: string): boolean {
  return ownHeaders.has(header) || framingHeaders.has(header);
}

function brokenParameter(references: References, candidate: unknown): string | undefined {
  const reference = objectOf(candidate)['$ref'];
  if (typeof reference !== 'string') return undefined;
  const target = references.resolve(reference);
  return `one of its parameters cannot be read: ${target.found ? 'it is no object' : target.reason}`;
}

function readBody(references: References, operation: Loose): ApiBody | string | undefined {
  const declared = operation['requestBody'];
  if (declared === undefined || declared === null) return undefined;
  const body = references.object(declared);
  if (body === undefined) return 'its request body is missing, or outside of the document';
  const content = objectOf(body['content']);
  const types = Object.keys(content);
  if (types.length === 0) return undefined;
  const type = types.find(isJson) ?? types.find((candidate) => /^(?:\*|application)\/\*$/u.test(candidate.trim()));
  if (type === undefined) {
    return `its body must be ${types.join(' or ').slice(0, 200)}; only JSON bodies are sent`;
  }
  return {
    required: body['required'] === true,
    description: textOf(body['description']),
    mediaType: type.includes('*') ? 'application/json' : type.trim(),
    schema: objectOf(content[type])['schema'],
  };
}

function isJson(mediaType: string): boolean {
  const essence = (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return /^[a-z0-9!#$&^_.+-]+\/(?:[a-z0-9!#$&^_.+*-]+\+)?json$/u.test(essence) && !/[\r\n]/u.test(mediaType);
}
