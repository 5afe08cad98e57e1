import { listOf, objectOf, own as ownOf, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import { isReadOnly } from './convert-schema.ts';
import { readTypes } from './keywords.ts';

/** A body that is nothing but named properties. */
export interface ObjectBody {
  /** Unconverted. */
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
}

/** Keywords that a plain object may have; any other says something that only holds for the object as a whole. */
const plain: ReadonlySet<string> = new Set([
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
export function objectBody(references: References, schema: unknown, depth = 0): ObjectBody | undefined {
  const object = references.object(schema);
  if (object === undefined || depth > deepest || !isPlain(object)) return undefined;
  const body: GrowingBody = {
    properties: new Map(),
    required: new Set(listOf(object['required']).filter((name) => typeof name === 'string')),
  };
  for (const part of listOf(object['allOf'])) {
    const found = objectBody(references, part, depth + 1);
    if (found === undefined || !absorb(body, found)) return undefined;
  }
  const own = ownProperties(references, object);
  for (const name of own.readOnly) body.required.delete(name);
  if (!absorb(body, { properties: own.written, required: new Set() })) return undefined;
  return depth === 0 && body.properties.size === 0 ? undefined : body;
}

interface GrowingBody {
  readonly properties: Map<string, unknown>;
  readonly required: Set<string>;
}

/** Adds the properties of a part; false where both say something about one of them. */
function absorb(body: GrowingBody, part: ObjectBody): boolean {
  for (const [name, value] of part.properties) {
    if (body.properties.has(name)) return false;
    body.properties.set(name, value);
  }
  for (const name of part.required) body.required.add(name);
  return true;
}

function ownProperties(
  references: References,
  object: Loose,
): { readonly written: ReadonlyMap<string, unknown>; readonly readOnly: readonly string[] } {
  const entries = Object.entries(objectOf(object['properties']));
  const readOnly = entries.filter(([, value]) => isReadOnly(references, value)).map(([name]) => name);
  return { written: new Map(entries.filter(([name]) => !readOnly.includes(name))), readOnly };
}

function isPlain(schema: Loose): boolean {
  const types = readTypes(ownOf(schema, 'type'));
  if (types.some((type) => type !== 'object')) return false;
  const additional = ownOf(schema, 'additionalProperties');
  if (additional !== undefined && additional !== false) return false;
  return Object.keys(schema).every((keyword) => plain.has(keyword) || keyword.startsWith('x-'));
}
