import type { JsonSchema } from '../schema/json-schema.ts';
import { because, inside, type Comparison, type Unfit } from './comparison.ts';
import { at, type SchemaNode } from './schema-node.ts';

/** Why arrays that are valid by the inner schema need not be valid by the outer one, but for their length. */
export function unfitArray(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const given = inner.schema as JsonSchema;
  const wanted = outer.schema as JsonSchema;
  const unique = wanted['uniqueItems'] === true && given['uniqueItems'] !== true;
  const prefix = Math.max(prefixOf(given).length, prefixOf(wanted).length);
  const places = [...Array.from({ length: prefix }, (_, index) => index), prefix];
  const most = typeof given['maxItems'] === 'number' ? given['maxItems'] : Infinity;
  const items = places
    .filter((index) => index < most)
    .flatMap((index) => comparison.judge(itemAt(inner, index), itemAt(outer, index), inside(comparison, '[]')));
  return [...(unique ? because(comparison, 'takes no item twice any more') : []), ...items];
}

function prefixOf(schema: JsonSchema): readonly unknown[] {
  return Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
}

function itemAt(node: SchemaNode, index: number): SchemaNode {
  const schema = node.schema as JsonSchema;
  const prefix = prefixOf(schema);
  return at(node, index < prefix.length ? prefix[index] : (schema['items'] ?? true));
}
