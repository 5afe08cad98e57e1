import type { ApiAnswer } from '../reading/answers.ts';
import { isObject, listOf } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { Definitions } from './definitions.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { readTypes } from './keywords.ts';

/**
 * What the answers of success of an operation look like, where each of them is a JSON object: a hint that every object
 * fits, the empty one too. Undefined where MCP could not show the answer as `structuredContent`.
 */
export function buildOutput(
  references: References,
  answer: ApiAnswer,
  definitions: Definitions,
): JsonSchema | undefined {
  const schemas = answer.schemas.map((schema) => rootOf(references, schema, 0));
  if (schemas.length === 0 || schemas.some((schema) => schema === undefined)) return undefined;
  const distinct = [...new Set(schemas)];
  const converted = distinct.map((schema) => definitions.convert(schema));
  const collected = definitions.collect(converted.flatMap(({ refers }) => [...refers.keys()]));
  const [first = {}] = converted.map(({ schema }) => schema);
  const root = converted.length === 1 ? first : { anyOf: [...converted.map(({ schema }) => schema), {}] };
  const named = Object.keys(collected.definitions).length > 0 ? { $defs: collected.definitions } : {};
  return { ...objectOf(root), type: 'object', ...named };
}

function objectOf(schema: SubSchema): JsonSchema {
  return typeof schema === 'boolean' ? {} : schema;
}

const deepest = 6;

/** The schema itself in place of a reference to it, where all that fits it is an object. */
function rootOf(references: References, schema: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > deepest) return undefined;
  if (typeof schema['$ref'] === 'string') {
    const target = references.resolveSchema(schema['$ref']);
    return target.found ? rootOf(references, target.value, depth + 1) : undefined;
  }
  return isObjects(references, schema, depth) ? schema : undefined;
}

function isObjects(references: References, schema: unknown, depth: number): boolean {
  const object = references.object(schema);
  if (object === undefined || depth > deepest) return false;
  const types = readTypes(object['type']).filter((type) => type !== 'null');
  if (types.length > 0) return types.every((type) => type === 'object');
  if (isObject(object['properties'])) return true;
  const every = [...listOf(object['oneOf']), ...listOf(object['anyOf'])];
  if (every.length > 0) return every.every((part) => isObjects(references, part, depth + 1));
  return listOf(object['allOf']).some((part) => isObjects(references, part, depth + 1));
}
