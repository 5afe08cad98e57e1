import { isObject } from '../reading/json-value.ts';
import type { JsonSchema } from './json-schema.ts';

const scalars = ['string', 'number', 'boolean'] as const;
const nested = ['object', 'array'] as const;

/** Answers are often of a kin type: numbers as text, one thing in place of a list, an empty list for an empty object. */
const kin: Readonly<Record<string, readonly string[]>> = {
  string: scalars,
  number: scalars,
  integer: scalars,
  boolean: scalars,
  object: nested,
  array: nested,
};

const kept: ReadonlySet<string> = new Set([
  'title',
  'description',
  'examples',
  'deprecated',
  'properties',
  'patternProperties',
  'additionalProperties',
  'items',
  'allOf',
  '$ref',
]);
const mostExamples = 8;

/**
 * A schema of answers as a hint: what it names is described, and nothing is demanded. Clients of MCP throw a whole answer
 * away that does not fit, while services answer with less, more and other than their documents say.
 */
export function asHint(schema: JsonSchema): JsonSchema {
  const hint: Record<string, unknown> = Object.fromEntries(Object.entries(schema).filter(([key]) => kept.has(key)));
  const types = kinds(schema['type']);
  if (types.length > 0) hint['type'] = types;
  const additional = hint['additionalProperties'];
  if (!isObject(additional) || Object.keys(additional).length === 0) delete hint['additionalProperties'];
  const choices = [schema['oneOf'], schema['anyOf']].filter((list) => Array.isArray(list));
  if (choices.length === 1) hint['anyOf'] = [...(choices[0] as unknown[]), {}];
  const values = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : [];
  if (values.length > 0 && hint['examples'] === undefined) hint['examples'] = values.slice(0, mostExamples);
  return hint;
}

function kinds(type: unknown): readonly string[] {
  const declared = (Array.isArray(type) ? type : type === undefined ? [] : [type]) as readonly string[];
  if (declared.length === 0) return [];
  const more = declared.flatMap((name) => kin[name] ?? []);
  return [...new Set([...declared.filter((name) => name !== 'null'), ...more, 'null'])];
}
