import { isObject, listOf, objectOf, own as ownOf, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import { hiddenNames, impossibleNames } from './hidden-properties.ts';
import { readTypes, sizeOf } from './keywords.ts';

/** A body that is nothing but named properties. */
export interface ObjectBody {
  /** Unconverted. */
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
}

/** Keywords that a plain object may have; any other says something that only holds for the object as a whole. */
const plain: ReadonlySet<string> = new Set([
  '$ref',
  'type',
  'properties',
  'required',
  'allOf',
  'additionalProperties',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'externalDocs',
  'xml',
  '$schema',
  '$comment',
  'readOnly',
  'writeOnly',
]);
const deepest = 8;

/** The properties of a body that is a plain object, those of its `allOf` parts included; undefined for any other body. */
export function objectBody(references: References, schema: unknown): ObjectBody | undefined {
  const body: GrowingBody = { properties: new Map(), required: new Set() };
  if (!absorb(references, body, { schema, depth: 0 }) || body.properties.size === 0) return undefined;
  const hidden = hiddenNames(references, schema, 'input');
  for (const name of hidden) body.properties.delete(name);
  // A required property may be declared nowhere; it can still be given.
  for (const name of body.required)
    if (!body.properties.has(name) && !hidden.has(name)) body.properties.set(name, [{}]);
  const properties = [...body.properties].map(([name, parts]) => [name, joined(parts)] as const);
  if (properties.length === 0) return undefined;
  return { properties: new Map(properties), required: new Set([...body.required].filter((name) => !hidden.has(name))) };
}

interface GrowingBody {
  /** What each part says of a property. */
  readonly properties: Map<string, unknown[]>;
  readonly required: Set<string>;
}

interface Part {
  readonly schema: unknown;
  readonly depth: number;
}

/** Adds what a schema and its parts say; false where one of them is no plain object. */
function absorb(references: References, body: GrowingBody, { schema, depth }: Part): boolean {
  if (!isObject(schema) || depth > deepest) return false;
  const reference = ownOf(schema, '$ref');
  if (typeof reference === 'string') {
    const target = references.resolveSchema(reference);
    if (!target.found || !absorb(references, body, { schema: target.value, depth: depth + 1 })) return false;
    if (!references.besideCounts) return true;
  }
  if (!isPlain(schema)) return false;
  const parts = listOf(schema['allOf']).map((part) => ({ schema: part, depth: depth + 1 }));
  if (!parts.every((part) => absorb(references, body, part))) return false;
  absorbOwn(body, schema);
  return true;
}

function absorbOwn(body: GrowingBody, schema: Loose): void {
  const impossible = impossibleNames(schema);
  for (const name of listOf(schema['required'])) {
    if (typeof name === 'string' && !impossible.has(name)) body.required.add(name);
  }
  for (const [name, value] of Object.entries(objectOf(schema['properties']))) {
    const said = body.properties.get(name) ?? [];
    const known = said.some((other) => other === value || saysTheSame(other, value));
    if (!known) body.properties.set(name, [...said, value]);
  }
}

/** A YAML alias may make a circle, which has no JSON. */
function saysTheSame(one: unknown, other: unknown): boolean {
  const size = sizeOf(one);
  return size < Infinity && size === sizeOf(other) && JSON.stringify(one) === JSON.stringify(other);
}

/** What several parts say of one property holds at once. */
function joined(parts: readonly unknown[]): unknown {
  return parts.length === 1 ? parts[0] : { allOf: parts };
}

function isPlain(schema: Loose): boolean {
  const types = readTypes(ownOf(schema, 'type'));
  if (types.some((type) => type !== 'object')) return false;
  const additional = ownOf(schema, 'additionalProperties');
  if (additional !== undefined && additional !== false) return false;
  return Object.keys(schema).every((keyword) => plain.has(keyword) || keyword.startsWith('x-'));
}
