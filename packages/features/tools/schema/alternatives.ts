import { isObject, listOf, objectOf, own, type Loose } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import { isHidden } from './hidden-properties.ts';
import { readTypes } from './keywords.ts';
import type { Side } from './sides.ts';

const mostCompared = 60;
const deepest = 4;
const deepestParts = 6;

/** Keywords that say nothing of a value, or that are compared by themselves. Formats are not judged. */
const compared: ReadonlySet<string> = new Set([
  '$ref',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'externalDocs',
  'xml',
  'format',
  'nullable',
  'readOnly',
  'writeOnly',
  'discriminator',
  '$schema',
  '$comment',
  '$id',
  '$anchor',
  '$defs',
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'items',
  'allOf',
  'additionalProperties',
]);

/** What a schema and the parts of its `allOf` ask of a value. */
interface Shape {
  readonly types: readonly string[];
  /** JSON of the values that it lists. */
  readonly values: readonly string[] | undefined;
  readonly required: ReadonlySet<string>;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly items: unknown;
  readonly closed: boolean;
  /** All else that judges, as JSON by keyword. */
  readonly rest: ReadonlyMap<string, string>;
}

/**
 * Whether one alternative of a `oneOf` takes in another: nothing could choose the narrower one, so that authors who wrote it
 * mean `anyOf`. Members that an alternative does not declare tell nothing apart.
 */
export function areBlurred(references: References, alternatives: readonly unknown[], side: Side): boolean {
  const comparison = { references, side };
  const shapes = alternatives.slice(0, mostCompared).map((schema) => shapeOf(comparison, schema));
  return shapes.some((wide, index) =>
    shapes.some((narrow, other) => index !== other && takesIn(comparison, { wide, narrow, depth: 0 })),
  );
}

interface Comparison {
  readonly references: References;
  readonly side: Side;
}

function shapeOf(comparison: Comparison, schema: unknown, depth = 0): Shape {
  const object = objectOf(comparison.references.object(schema));
  const parts = depth > deepestParts ? [] : listOf(object['allOf']);
  return parts.map((part) => shapeOf(comparison, part, depth + 1)).reduce(both, ownShape(comparison, object));
}

function ownShape({ references, side }: Comparison, object: Loose): Shape {
  const shown = Object.entries(objectOf(own(object, 'properties'))).filter(
    ([, part]) => !isHidden(references, part, side),
  );
  const judging = Object.entries(object).filter(([word]) => !compared.has(word) && !word.startsWith('x-'));
  const properties = new Map(shown);
  const hidden = new Set(Object.keys(objectOf(own(object, 'properties'))).filter((name) => !properties.has(name)));
  const required = listOf(own(object, 'required')).map(String);
  return {
    types: besidesNull(readTypes(own(object, 'type'))),
    values: valuesOf(object),
    required: new Set(required.filter((name) => !hidden.has(name))),
    properties,
    items: own(object, 'items'),
    closed: own(object, 'additionalProperties') === false,
    rest: new Map(judging.map(([word, value]) => [word, textOf(value)])),
  };
}

/** What may be null beside something else is told apart by that. */
function besidesNull(types: readonly string[]): readonly string[] {
  return types.length > 1 ? types.filter((type) => type !== 'null') : types;
}

function valuesOf(object: Loose): readonly string[] | undefined {
  if ('const' in object) return [textOf(object['const'])];
  return Array.isArray(object['enum']) ? object['enum'].map(textOf) : undefined;
}

/** A YAML alias may make a circle, which has no JSON and is like nothing else. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

function both(one: Shape, other: Shape): Shape {
  return {
    types: one.types.length > 0 ? one.types : other.types,
    values: one.values ?? other.values,
    required: new Set([...one.required, ...other.required]),
    properties: new Map([...other.properties, ...one.properties]),
    items: one.items ?? other.items,
    closed: one.closed || other.closed,
    rest: new Map([...other.rest, ...one.rest]),
  };
}

interface Pair {
  readonly wide: Shape;
  readonly narrow: Shape;
  readonly depth: number;
}

function takesIn(comparison: Comparison, { wide, narrow, depth }: Pair): boolean {
  const below = (one: unknown, other: unknown): boolean =>
    one === other ||
    (depth < deepest &&
      takesIn(comparison, { wide: shapeOf(comparison, one), narrow: shapeOf(comparison, other), depth: depth + 1 }));
  return (
    takesTypes(wide, narrow) &&
    (wide.values === undefined || narrow.values?.every((value) => wide.values?.includes(value)) === true) &&
    [...wide.rest].every(([word, value]) => value !== '' && narrow.rest.get(word) === value) &&
    [...wide.required].every((name) => narrow.required.has(name)) &&
    (!wide.closed || [...narrow.properties.keys()].every((name) => wide.properties.has(name))) &&
    [...narrow.properties].every(
      ([name, part]) => !wide.properties.has(name) || below(wide.properties.get(name), part),
    ) &&
    (!isObject(wide.items) || !isObject(narrow.items) || below(wide.items, narrow.items))
  );
}

function takesTypes(wide: Shape, narrow: Shape): boolean {
  if (wide.types.length === 0) return wide.properties.size === 0 || objectLike(narrow);
  if (narrow.types.length === 0) return wide.types.includes('object') && objectLike(narrow);
  return narrow.types.every(
    (type) => wide.types.includes(type) || (type === 'integer' && wide.types.includes('number')),
  );
}

function objectLike({ types, properties, required }: Shape): boolean {
  return types.length > 0 ? types.every((type) => type === 'object') : properties.size > 0 || required.size > 0;
}
