import type { JsonSchema } from '../schema/json-schema.ts';
import type { Schemas } from '../schema/schemas.ts';
import { itemOf, propertyOf, typesOf } from '../schema/view.ts';

/** A value as it was written: text, or parts of it that are text in the end. */
export type TextTree = string | readonly TextTree[] | { readonly [name: string]: TextTree };

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/** The value that a text stands for, of the types that its schema allows. */
export function typed(schemas: Schemas, schema: JsonSchema, tree: TextTree): unknown {
  if (typeof tree === 'string') return typedText(schemas, schema, tree);
  if (isList(tree)) {
    const item = itemOf(schema, schemas.follow);
    return tree.map((part) => typed(schemas, item, part));
  }
  const entries = Object.entries(tree).map(([name, part]) => {
    const property = propertyOf(schema, name, schemas.follow);
    return [name, typed(schemas, property, listWhereOnlyLists(schemas, property, part))] as const;
  });
  return Object.fromEntries(entries);
}

function isList(tree: TextTree): tree is readonly TextTree[] {
  return Array.isArray(tree);
}

/** A list of one looks like no list where names are repeated. */
function listWhereOnlyLists(schemas: Schemas, schema: JsonSchema, tree: TextTree): TextTree {
  if (typeof tree !== 'string' || tree.startsWith('[')) return tree;
  const types = typesOf(schema, schemas.follow);
  return types.has('array') && !types.has('string') && !types.has('object') && types.size <= 2 ? [tree] : tree;
}

function typedText(schemas: Schemas, schema: JsonSchema, text: string): unknown {
  const readings = readingsOf(typesOf(schema, schemas.follow), text);
  const [first] = readings;
  if (readings.length < 2) return readings.length === 0 ? text : first;
  return readings.find((reading) => schemas.faults(schema, reading).length === 0) ?? first;
}

function readingsOf(types: ReadonlySet<string>, text: string): readonly unknown[] {
  const readings: unknown[] = [];
  if (isNumeric(types) && number.test(text)) readings.push(Number(text));
  if (types.has('boolean') && /^(?:true|false)$/u.test(text)) readings.push(text === 'true');
  if (types.has('null') && /^(?:null)?$/u.test(text)) readings.push(null);
  if (types.has('string')) readings.push(text);
  const structure = text.startsWith('{') ? 'object' : text.startsWith('[') ? 'array' : undefined;
  return structure !== undefined && types.has(structure) ? [...readings, ...jsonReading(text)] : readings;
}

function isNumeric(types: ReadonlySet<string>): boolean {
  return types.has('integer') || types.has('number');
}

/** Objects within lists have no style of their own, so they travel as JSON. */
function jsonReading(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return [];
  }
}
