import { arrayOf, isRecord, member, recordOf, stringsOf } from '../document/loose.ts';
import type { JsonSchema } from './json-schema.ts';
import { typesIn } from './keywords.ts';
import type { Schemas } from './schemas.ts';

type Follow = Schemas['follow'];

const everyType = ['integer', 'number', 'boolean', 'null', 'string', 'array', 'object'] as const;
type TypeName = (typeof everyType)[number];

const deepest = 12;

/** The types that a value may have, as far as the schema tells. */
export function typesOf(schema: JsonSchema, follow: Follow, depth = 0): ReadonlySet<string> {
  if (typeof schema === 'boolean' || depth > deepest) return new Set(everyType);
  const sets: ReadonlySet<string>[] = [];
  const named = typesIn(schema['type']);
  if (named.length > 0) sets.push(new Set(named));
  else if (Array.isArray(schema['enum'])) sets.push(new Set((schema['enum'] as unknown[]).map(typeOf)));
  else if ('const' in schema) sets.push(new Set([typeOf(schema['const'])]));
  const below = (part: JsonSchema): ReadonlySet<string> => typesOf(part, follow, depth + 1);
  if (typeof schema['$ref'] === 'string') sets.push(below(follow(schema['$ref'])));
  for (const part of schemasIn(schema, 'allOf')) sets.push(below(part));
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = schemasIn(schema, keyword);
    if (branches.length > 0) sets.push(new Set(branches.flatMap((branch) => [...below(branch)])));
  }
  return sets.reduce<ReadonlySet<string>>(shared, new Set(everyType));
}

function shared(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  const narrowed = [...one].filter(
    (type) =>
      other.has(type) || (type === 'integer' && other.has('number')) || (type === 'number' && other.has('integer')),
  );
  return new Set(narrowed);
}

function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  const type = typeof value;
  return type === 'number' || type === 'boolean' || type === 'string' ? type : 'object';
}

/** The schemas under a keyword. */
function schemasIn(schema: Readonly<Record<string, unknown>>, keyword: string): readonly JsonSchema[] {
  return arrayOf(schema[keyword]) as readonly JsonSchema[];
}

/** Every schema that may judge the same value, alternatives included. */
export function inPlace(schema: JsonSchema, follow: Follow, depth = 0): readonly Readonly<Record<string, unknown>>[] {
  if (typeof schema === 'boolean' || depth > deepest) return [];
  const referred = typeof schema['$ref'] === 'string' ? [follow(schema['$ref'])] : [];
  const parts = [...referred, ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => schemasIn(schema, keyword))];
  return [schema, ...parts.flatMap((part) => inPlace(part, follow, depth + 1))];
}

/** Every schema that a property is declared with. */
export function declarationsOf(schema: JsonSchema, name: string, follow: Follow): readonly JsonSchema[] {
  return inPlace(schema, follow)
    .map((part) => member(recordOf(part['properties']), name))
    .filter(isSchema);
}

/** What may stand in a property, as alternatives. */
export function propertyOf(schema: JsonSchema, name: string, follow: Follow): JsonSchema {
  const found = declarationsOf(schema, name, follow);
  if (found.length > 0) return either(found);
  return either(
    inPlace(schema, follow)
      .map((part) => part['additionalProperties'])
      .filter(isSchema),
  );
}

/** What may stand in a list, as alternatives. */
export function itemOf(schema: JsonSchema, follow: Follow): JsonSchema {
  return either(
    inPlace(schema, follow)
      .map((part) => part['items'])
      .filter(isSchema),
  );
}

/** The properties that a schema names, and whether it speaks of others. */
export function namesOf(
  schema: JsonSchema,
  follow: Follow,
): { readonly names: ReadonlySet<string>; readonly open: boolean } {
  const parts = inPlace(schema, follow);
  const names = new Set(
    parts.flatMap((part) => [...Object.keys(recordOf(part['properties'])), ...stringsOf(part['required'])]),
  );
  const others = parts.map((part) => part['additionalProperties']);
  const open = others.some((other) => other === true || isRecord(other)) || names.size === 0;
  return { names, open: open && !others.includes(false) };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isRecord(value);
}

const alternatives = new WeakMap<object, { readonly anyOf: readonly JsonSchema[] }[]>();

/** The alternatives as one schema, the same object for the same ones, so that it is compiled once. */
function either(schemas: readonly JsonSchema[]): JsonSchema {
  const distinct = [...new Set(schemas)];
  const [first] = distinct;
  if (first === undefined || distinct.length === 1 || distinct.includes(true)) return first ?? true;
  if (typeof first === 'boolean') return { anyOf: distinct };
  const made = alternatives.get(first) ?? [];
  alternatives.set(first, made);
  const same = made.find(
    ({ anyOf }) => anyOf.length === distinct.length && anyOf.every((part, n) => part === distinct[n]),
  );
  const union = same ?? { anyOf: distinct };
  if (same === undefined) made.push(union);
  return union;
}
