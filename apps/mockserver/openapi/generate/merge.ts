import { arrayOf, isRecord, recordOf } from '../document/loose.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { typesIn } from '../schema/keywords.ts';

type Keywords = Readonly<Record<string, unknown>>;
type Follow = (reference: string) => JsonSchema;

const deepest = 20;

/** A schema with what its references and `allOf` add written into it; undefined where nothing fits it. */
export function flatten(schema: JsonSchema, follow: Follow, depth = 0): Keywords | undefined {
  if (typeof schema === 'boolean') return schema ? {} : undefined;
  if (depth > deepest) return {};
  const { $ref: reference, allOf, ...own } = schema;
  let flat: Keywords | undefined = own;
  const parts = [...(typeof reference === 'string' ? [follow(reference)] : []), ...(arrayOf(allOf) as JsonSchema[])];
  for (const part of parts) {
    const other = flatten(part, follow, depth + 1);
    flat = flat === undefined || other === undefined ? undefined : merge(flat, other);
  }
  return flat;
}

/** One schema that asks for what both ask for. */
export function merge(one: Keywords, other: Keywords): Keywords {
  const merged: Record<string, unknown> = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    const present = merged[keyword];
    merged[keyword] = present === undefined ? value : both(keyword, present, value);
  }
  return merged;
}

const alternatives: ReadonlySet<string> = new Set(['anyOf', 'oneOf']);

function both(keyword: string, one: unknown, other: unknown): unknown {
  if (keyword === 'type') return sharedTypes(one, other);
  if (keyword === 'required') return [...new Set([...arrayOf(one), ...arrayOf(other)])];
  if (keyword === 'properties') return mergedProperties(recordOf(one), recordOf(other));
  if (keyword === 'enum') return arrayOf(one).filter((value) => arrayOf(other).includes(value));
  if (/^(?:min|exclusiveMin)/u.test(keyword)) return Math.max(Number(one), Number(other));
  if (/^(?:max|exclusiveMax)/u.test(keyword)) return Math.min(Number(one), Number(other));
  if (keyword === 'items' || keyword === 'additionalProperties') return sharedSchema(one, other);
  // Only one list of alternatives is chosen from; the value is judged by the whole schema in the end.
  return alternatives.has(keyword) ? one : one;
}

function sharedTypes(one: unknown, other: unknown): readonly string[] {
  const wanted = new Set(typesIn(other));
  const types = typesIn(one).filter((type) => wanted.has(type));
  if (types.length > 0) return types;
  return wanted.has('integer') || typesIn(one).includes('integer') ? ['integer'] : typesIn(one);
}

function mergedProperties(one: Keywords, other: Keywords): Keywords {
  const merged: Record<string, unknown> = { ...one };
  for (const [name, schema] of Object.entries(other)) {
    merged[name] = Object.hasOwn(merged, name) ? sharedSchema(merged[name], schema) : schema;
  }
  return merged;
}

function sharedSchema(one: unknown, other: unknown): unknown {
  if (one === false || other === false) return false;
  if (!isRecord(one)) return other;
  return isRecord(other) ? { allOf: [one, other] } : one;
}
