import { arrayOf, isRecord, member, recordOf, type Loose } from '../document/loose.ts';
import type { Dialect } from '../document/parse-document.ts';
import type { Pointers } from '../document/pointers.ts';
import { isBlurred } from './blurred.ts';
import type { Direction, JsonSchema } from './json-schema.ts';
import { holders, scalars, typesIn } from './keywords.ts';

/** What one conversion goes by. */
export interface Conversion {
  readonly dialect: Dialect;
  readonly pointers: Pointers;
  readonly direction: Direction;
  /** The id of what a pointer leads to, where it is converted too. */
  readonly idOf: (pointer: string) => string;
  /** Names that another schema of the same value leaves to the other side. */
  readonly foreign?: ReadonlySet<string>;
}

const deepest = 100;
const deepestParts = 5;

/** A schema of the document as JSON Schema 2020-12, in which what only the other side writes is forbidden. */
export function convert(conversion: Conversion, schema: unknown, depth = 0): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  if (!isRecord(schema) || depth > deepest) return true;
  const reference = member(schema, '$ref');
  if (typeof reference === 'string') return convertReference(conversion, schema, { reference, depth });
  return nullable(conversion, schema, converted(conversion, schema, depth));
}

interface Reference {
  readonly reference: string;
  readonly depth: number;
}

function convertReference(conversion: Conversion, schema: Loose, { reference, depth }: Reference): JsonSchema {
  const target = conversion.pointers.target(reference);
  if (target !== undefined && (conversion.foreign?.size ?? 0) > 0 && depth < deepestParts) {
    // Only here the other schemas of the same value are known.
    return convert(conversion, target.value, depth + 1);
  }
  const referring = target === undefined ? true : { $ref: conversion.idOf(target.pointer) };
  // Before 3.1 what stands beside a reference is ignored.
  if (conversion.dialect !== '3.1') return referring;
  const beside = converted(conversion, schema, depth);
  return Object.keys(beside).length === 0 ? referring : { allOf: [referring, beside] };
}

function converted(conversion: Conversion, schema: Loose, depth: number): Loose {
  const result: Record<string, unknown> = {};
  const types = typesIn(schema['type']);
  if (types.length > 0) result['type'] = types.length === 1 ? types[0] : types;
  const foreign = Array.isArray(schema['allOf']) ? foreignNames(conversion, schema) : new Set<string>();
  for (const [keyword, value] of Object.entries(schema)) {
    const makesSense = scalars.get(keyword);
    if (makesSense !== undefined) {
      if (makesSense(value)) result[keyword] = value;
      continue;
    }
    const context = keyword === 'allOf' ? { ...conversion, foreign } : withoutForeign(conversion);
    const held = holding(context, { keyword, value, depth });
    if (held !== undefined) result[held.keyword] = held.value;
  }
  setAlternatives(conversion, schema, result);
  setExample(schema, result);
  setExclusive(schema, result);
  setRequired(conversion, schema, result);
  closeWhole(schema, result);
  return result;
}

interface Held {
  readonly keyword: string;
  readonly value: unknown;
}

function holding(
  conversion: Conversion,
  { keyword, value, depth }: Held & { readonly depth: number },
): Held | undefined {
  const below = (part: unknown): JsonSchema => convert(conversion, part, depth + 1);
  if (keyword === 'items' && Array.isArray(value)) return { keyword: 'prefixItems', value: value.map(below) };
  switch (holders.get(keyword)) {
    case 'one':
      return isRecord(value) || typeof value === 'boolean' ? { keyword, value: below(value) } : undefined;
    case 'list':
      return Array.isArray(value) && value.length > 0 ? { keyword, value: value.map(below) } : undefined;
    case 'map':
      return isRecord(value) ? { keyword, value: mapped(conversion, { keyword, value, below }) } : undefined;
    case undefined:
    default:
      return undefined;
  }
}

interface Mapping {
  readonly keyword: string;
  readonly value: Loose;
  readonly below: (part: unknown) => JsonSchema;
}

function mapped(conversion: Conversion, { keyword, value, below }: Mapping): Loose {
  const parts = Object.entries(value).map(([name, part]) => {
    if (keyword !== 'properties' || !isForeign(conversion, part)) return [name, below(part)] as const;
    // Another schema of the same value may let clients write what this one does not.
    return [name, conversion.direction === 'answer' ? false : { readOnly: true }] as const;
  });
  return Object.fromEntries(parts);
}

function withoutForeign({ foreign: _foreign, ...conversion }: Conversion): Conversion {
  return conversion;
}

/** The names that a schema or a part of it leaves to the other side. */
function foreignNames(conversion: Conversion, schema: Loose, depth = 0): ReadonlySet<string> {
  const own = Object.entries(recordOf(schema['properties'])).filter(([, part]) => isForeign(conversion, part));
  const parts = depth > deepestParts ? [] : arrayOf(schema['allOf']).map((part) => conversion.pointers.record(part));
  const below = parts.flatMap((part) => (part === undefined ? [] : [...foreignNames(conversion, part, depth + 1)]));
  return new Set([...own.map(([name]) => name), ...below]);
}

/** Authors who close an object beside its alternatives mean the whole of both. */
function closeWhole(schema: Loose, result: Record<string, unknown>): void {
  const parts = ['allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in result);
  if (schema['additionalProperties'] !== false || !parts) return;
  delete result['additionalProperties'];
  result['unevaluatedProperties'] = false;
}

/** Whether only the other side writes a property. */
function isForeign({ direction, pointers, dialect }: Conversion, property: unknown): boolean {
  if (!isRecord(property)) return false;
  const mark = direction === 'request' ? 'readOnly' : 'writeOnly';
  if (pointers.record(property)?.[mark] === true) return true;
  return property[mark] === true && (dialect === '3.1' || !('$ref' in property));
}

/** With a discriminator the value names its alternative, so that it may fit others too; so it may where nothing tells them apart. */
function setAlternatives({ pointers }: Conversion, schema: Loose, result: Record<string, unknown>): void {
  if (!('oneOf' in result) || 'anyOf' in result) return;
  if (!isRecord(schema['discriminator']) && !isBlurred(pointers, arrayOf(schema['oneOf']))) return;
  result['anyOf'] = result['oneOf'];
  delete result['oneOf'];
}

function setExample(schema: Loose, result: Record<string, unknown>): void {
  if (schema['example'] !== undefined) result['examples'] = [schema['example'], ...arrayOf(result['examples'])];
}

/** Before 3.1 `exclusiveMinimum` says only that `minimum` is exclusive. */
function setExclusive(schema: Loose, result: Record<string, unknown>): void {
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (schema[exclusive] !== true || typeof result[bound] !== 'number') continue;
    result[exclusive] = result[bound];
    delete result[bound];
  }
}

function setRequired(conversion: Conversion, schema: Loose, result: Record<string, unknown>): void {
  const written = schema['required'];
  if (!Array.isArray(written)) return;
  const properties = recordOf(schema['properties']);
  const names = [...new Set(written.filter((name): name is string => typeof name === 'string'))];
  // A closed object cannot hold what it does not declare, whatever its list of required names says.
  const closed = schema['additionalProperties'] === false && !('patternProperties' in schema);
  const possible = names.filter((name) => !closed || Object.hasOwn(properties, name));
  const asked = possible.filter((name) => !isForeign(conversion, member(properties, name)));
  const contradicted = asked.filter((name) => conversion.foreign?.has(name) === true);
  result['required'] = asked.filter((name) => !contradicted.includes(name));
  if (contradicted.length > 0) result['x-contradicted'] = contradicted;
}

/** `nullable` adds null to what the schema allows. */
function nullable({ dialect }: Conversion, schema: Loose, judged: Loose): JsonSchema {
  const said = schema['nullable'] === true || (dialect === 'swagger' && schema['x-nullable'] === true);
  if (!said || Object.keys(judged).length === 0) return judged;
  return { anyOf: [judged, { type: 'null' }] };
}
