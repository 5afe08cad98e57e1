import { isRecord } from '../document/loose.ts';

const types = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);

/** The types that a schema names; other words for types say nothing that could be checked. */
export function typesIn(value: unknown): readonly string[] {
  const named = Array.isArray(value) ? (value as unknown[]) : [value];
  const written = named.map((type) => (type === 'file' ? 'string' : type));
  return [...new Set(written.filter((type): type is string => typeof type === 'string' && types.has(type)))];
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isFinite = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';
/** Some documents picture how a date is written in place of a pattern: `YYYY-MM-DD`. */
const isPicture = (text: string): boolean => /^(?=.*yyyy)[ymdhstz:/. -]+$/iu.test(text);
const always = (): boolean => true;

/** Keywords that are taken as they are, where their value makes sense. */
export const scalars: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
    (name) => [name, isCount] as const,
  ),
  ...['minContains', 'maxContains'].map((name) => [name, isCount] as const),
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((name) => [name, isFinite] as const),
  ['multipleOf', (value) => isFinite(value) && Number(value) > 0],
  ['pattern', (value) => typeof value === 'string' && !isPicture(value)],
  ['format', isText],
  ['uniqueItems', (value) => typeof value === 'boolean'],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ['const', always],
  ['default', always],
  ['examples', Array.isArray],
  ['dependentRequired', isRecord],
]);

/** Keywords that hold schemas, and how. */
export const holders: ReadonlyMap<string, 'one' | 'list' | 'map'> = new Map([
  ...['items', 'contains', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else'].map(
    (name) => [name, 'one'] as const,
  ),
  ...['unevaluatedProperties', 'unevaluatedItems'].map((name) => [name, 'one'] as const),
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((name) => [name, 'list'] as const),
  ...['properties', 'patternProperties', 'dependentSchemas'].map((name) => [name, 'map'] as const),
]);
