import { framingHeaders } from '@devmesh/foundation';
import { listOf, objectOf, textOf, type Loose } from './json-value.ts';
import { essenceOf, isJson } from './media-types.ts';
import type { References } from './references.ts';
import type { Remarks } from './remarks.ts';

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
  /** What the document shows as values. */
  readonly examples: readonly unknown[];
  readonly style: string | undefined;
  readonly explode: boolean | undefined;
  readonly allowReserved: boolean;
  readonly allowEmptyValue: boolean;
  /** What its value is written as, in place of a style. */
  readonly mediaType: string | undefined;
}

interface Declared {
  readonly path: string;
  readonly pathItem: Loose;
  readonly operation: Loose;
}

/** The parameters of an operation: its own, those of its path, and those that only the path's template names. */
export function readParameters(
  references: References,
  { path, pathItem, operation }: Declared,
  remarks: Remarks,
): readonly ApiParameter[] {
  const merged = new Map<string, ApiParameter>();
  for (const candidate of [...listOf(pathItem['parameters']), ...listOf(operation['parameters'])]) {
    const parameter = readParameter(references, candidate, remarks);
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
  return {
    name,
    in: 'path',
    required: true,
    description: undefined,
    schema: { type: 'string' },
    examples: [],
    style: undefined,
    explode: undefined,
    allowReserved: false,
    allowEmptyValue: false,
    mediaType: undefined,
  };
}

function readParameter(references: References, candidate: unknown, remarks: Remarks): ApiParameter | undefined {
  const parameter = references.object(candidate);
  if (parameter === undefined) {
    remarks.add('parameter_left_out', `one of its parameters cannot be read: ${references.problemOf(candidate)}`);
    return undefined;
  }
  const name = nameOf(parameter);
  const place = parameterPlaces.find((known) => known === parameter['in']);
  if (place === undefined || name === undefined) {
    remarks.add('parameter_left_out', 'one of its parameters has no name, or no place that OpenAPI knows');
    return undefined;
  }
  if (place === 'header' && isReserved(name.toLowerCase())) return undefined;
  return { name, in: place, ...valueOf(references, parameter, place) };
}

/** A whole query string needs no name of its own. */
function nameOf(parameter: Loose): string | undefined {
  if (typeof parameter['name'] === 'string' && parameter['name'] !== '') return parameter['name'];
  return parameter['in'] === 'querystring' ? 'querystring' : undefined;
}

function valueOf(references: References, parameter: Loose, place: ParameterPlace): Omit<ApiParameter, 'name' | 'in'> {
  const [mediaType, content] = Object.entries(objectOf(parameter['content']))[0] ?? [];
  const media = content === undefined ? undefined : (references.object(content) ?? {});
  return {
    required: parameter['required'] === true || place === 'path',
    description: textOf(parameter['description']),
    schema: media === undefined ? parameter['schema'] : media['schema'],
    examples: examplesOf(references, media ?? parameter),
    style: textOf(parameter['style']),
    explode: typeof parameter['explode'] === 'boolean' ? parameter['explode'] : undefined,
    allowReserved: place === 'query' && parameter['allowReserved'] === true,
    allowEmptyValue: place === 'query' && parameter['allowEmptyValue'] === true,
    mediaType: media === undefined ? wholeQuery(place) : writtenAs(mediaType ?? ''),
  };
}

/** OpenAPI 3.2 wants `content` there; without it, forms are what query strings are. */
function wholeQuery(place: ParameterPlace): string | undefined {
  return place === 'querystring' ? 'application/x-www-form-urlencoded' : undefined;
}

function writtenAs(mediaType: string): string {
  return isJson(mediaType) ? 'application/json' : essenceOf(mediaType);
}

const mostExamples = 3;

/** The examples beside a schema: `example`, or the values of `examples`. */
export function examplesOf(references: References, holder: Loose): readonly unknown[] {
  if (holder['example'] !== undefined) return [holder['example']];
  return Object.values(objectOf(holder['examples']))
    .slice(0, mostExamples)
    .map((example) => references.object(example))
    .map((example) => example?.['dataValue'] ?? example?.['value'])
    .filter((value) => value !== undefined);
}

/** Set by the body, the client and the credential; OpenAPI ignores such parameters too. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'proxy-authorization',
]);

function isReserved(header: string): boolean {
  return ownHeaders.has(header) || framingHeaders.has(header);
}
