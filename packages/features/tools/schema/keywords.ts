import { shorten, visible } from '../naming/clean-text.ts';
import { isObject } from '../reading/json-value.ts';
import { unicodePattern } from './unicode-pattern.ts';

/** Reads the value of a keyword; undefined where it has none that JSON Schema 2020-12 allows, and the keyword goes. */
type ReadKeyword = (value: unknown) => unknown;

const longestText = 1_500;
const largestExample = 2_000;
const mostExamples = 3;

const text: ReadKeyword = (value) => (typeof value === 'string' ? shorten(visible(value), longestText) : undefined);
const number: ReadKeyword = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const count: ReadKeyword = (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined);
const onlyTrue: ReadKeyword = (value) => (value === true ? true : undefined);
const small: ReadKeyword = (value) => (sizeOf(value) <= largestExample ? value : undefined);

/** Keywords whose value holds no schema. Those that are not here, or in `subSchemas`, mean nothing to JSON Schema. */
export const plainKeywords: Readonly<Record<string, ReadKeyword>> = {
  title: text,
  description: text,
  format: text,
  contentMediaType: text,
  contentEncoding: text,
  default: small,
  const: (value) => (sizeOf(value) < Infinity ? value : undefined),
  enum: (value) => (Array.isArray(value) && value.length > 0 && sizeOf(value) < Infinity ? distinct(value) : undefined),
  examples: readExamples,
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: (value) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined),
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  minContains: count,
  maxContains: count,
  uniqueItems: onlyTrue,
  deprecated: onlyTrue,
  pattern: (value) => (typeof value === 'string' && !isPicture(value) ? unicodePattern(value) : undefined),
  required: readRequired,
  dependentRequired: (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([name, names]) => [name, readRequired(names) ?? []]))
      : undefined,
};

interface SubSchemaRule {
  readonly holds: 'one' | 'list' | 'map';
  readonly inPlace: boolean;
}

/** How the value of a keyword holds schemas, and whether those judge the very value that their parent judges. */
export const subSchemas: ReadonlyMap<string, SubSchemaRule> = new Map([
  ['properties', { holds: 'map', inPlace: false }],
  ['patternProperties', { holds: 'map', inPlace: false }],
  ['dependentSchemas', { holds: 'map', inPlace: true }],
  ['additionalProperties', { holds: 'one', inPlace: false }],
  ['unevaluatedProperties', { holds: 'one', inPlace: false }],
  ['propertyNames', { holds: 'one', inPlace: false }],
  ['items', { holds: 'one', inPlace: false }],
  ['unevaluatedItems', { holds: 'one', inPlace: false }],
  ['contains', { holds: 'one', inPlace: false }],
  ['prefixItems', { holds: 'list', inPlace: false }],
  ['allOf', { holds: 'list', inPlace: true }],
  ['anyOf', { holds: 'list', inPlace: true }],
  ['oneOf', { holds: 'list', inPlace: true }],
  ['not', { holds: 'one', inPlace: true }],
  ['if', { holds: 'one', inPlace: true }],
  ['then', { holds: 'one', inPlace: true }],
  ['else', { holds: 'one', inPlace: true }],
] as const);

const typeNames: ReadonlyMap<string, string> = new Map([
  ...['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'].map((name) => [name, name] as const),
  ['int', 'integer'],
  ['float', 'number'],
  ['double', 'number'],
  ['bool', 'boolean'],
  ['file', 'string'],
]);

/** The types a schema names, without repeats; empty where it names none that exists. */
export function readTypes(value: unknown): readonly string[] {
  const names = Array.isArray(value) ? value : [value];
  const known = names.map((name) => (typeof name === 'string' ? typeNames.get(name.toLowerCase()) : undefined));
  // A list with an unknown name in it allows something that we cannot name, so it restricts nothing.
  return known.every((name) => name !== undefined) ? [...new Set(known)] : [];
}

/** Whether a text pictures how dates are written (`YYYY-MM-DDThh:mm:ssZ`) and is no pattern of any. */
function isPicture(value: string): boolean {
  return /^[YMDHSTZ:/. -]+$/iu.test(value) && /yyyy/iu.test(value);
}

function readRequired(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return [...new Set(value.filter((name): name is string => typeof name === 'string'))];
}

function readExamples(value: unknown): readonly unknown[] | undefined {
  const examples = Array.isArray(value) ? value.slice(0, mostExamples) : [];
  return examples.length > 0 && sizeOf(examples) <= largestExample ? examples : undefined;
}

function distinct(values: readonly unknown[]): readonly unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** The length of a value as JSON; Infinity for what JSON cannot hold. */
export function sizeOf(value: unknown): number {
  try {
    // Absent for what JSON cannot hold; a YAML alias may even make a circle.
    return (JSON.stringify(value) as string | undefined)?.length ?? Infinity;
  } catch {
    return Infinity;
  }
}
