import { canonicalJson } from '@devmesh/foundation';
import type { JsonSchema } from '../schema/json-schema.ts';

const allTypes = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;

/** The types of the values that a schema can let through; `integer` beside `number` only where it is alone. */
export function typesOf(schema: JsonSchema): ReadonlySet<string> {
  const { type } = schema;
  const declared = typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : [...allTypes];
  const types = new Set(declared);
  if (types.has('number')) types.delete('integer');
  const values = valuesOf(schema);
  return values === undefined ? types : new Set(values.map(typeOf).filter((found) => isAmong(found, types)));
}

/** Whether values of a type are of one of the types. */
export function isAmong(type: string, types: ReadonlySet<string>): boolean {
  return types.has(type) || (type === 'integer' && types.has('number'));
}

/** The only values that a schema lets through; undefined where it names none. */
export function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  const { enum: listed } = schema;
  const values = Array.isArray(listed) ? (listed as unknown[]) : undefined;
  if (!Object.hasOwn(schema, 'const')) return values;
  const only = canonicalJson(schema['const']);
  return (values ?? [schema['const']]).filter((value) => canonicalJson(value) === only);
}

/** Values in a form that can be compared. */
export function valueKeys(values: readonly unknown[]): ReadonlySet<string> {
  return new Set(values.map((value) => canonicalJson(value)));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A bound, and whether it is itself outside. */
interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

type Side = 'least' | 'most';

const names = {
  least: ['minimum', 'exclusiveMinimum'],
  most: ['maximum', 'exclusiveMaximum'],
} as const;

/** Whether numbers within the bounds of one schema are within those of another. */
export function isNumberWithin(inner: JsonSchema, outer: JsonSchema, side: Side): boolean {
  const wanted = boundOf(outer, side);
  if (wanted === undefined) return names[side].every((name) => outer[name] === undefined);
  const given = boundOf(inner, side);
  if (given === undefined) return false;
  if (given.value === wanted.value) return given.exclusive || !wanted.exclusive;
  return side === 'least' ? given.value > wanted.value : given.value < wanted.value;
}

function boundOf(schema: JsonSchema, side: Side): Bound | undefined {
  const [inclusiveName, exclusiveName] = names[side];
  const bounds: Bound[] = [];
  const inclusive = schema[inclusiveName];
  const exclusive = schema[exclusiveName];
  if (typeof inclusive === 'number') bounds.push({ value: inclusive, exclusive: false });
  if (typeof exclusive === 'number') bounds.push({ value: exclusive, exclusive: true });
  return bounds.reduce<Bound | undefined>((tightest, bound) => tighter(tightest, bound, side), undefined);
}

function tighter(one: Bound | undefined, other: Bound, side: Side): Bound {
  if (one === undefined) return other;
  if (one.value === other.value) return one.exclusive ? one : other;
  return one.value > other.value === (side === 'least') ? one : other;
}

const counts = [
  ['string', 'minLength', 'maxLength'],
  ['array', 'minItems', 'maxItems'],
  ['object', 'minProperties', 'maxProperties'],
] as const;

/** The first bound on lengths, of types that can occur, within which another schema's values need not be. */
export function widerCount(inner: JsonSchema, outer: JsonSchema, types: ReadonlySet<string>): string | undefined {
  for (const [type, least, most] of counts) {
    if (!types.has(type)) continue;
    if (outer[least] !== undefined && !(numberAt(inner, least, 0) >= numberAt(outer, least, Infinity))) return least;
    if (outer[most] !== undefined && !(numberAt(inner, most, Infinity) <= numberAt(outer, most, -1))) return most;
  }
  return undefined;
}

function numberAt(schema: JsonSchema, keyword: string, absent: number): number {
  const value = schema[keyword];
  return typeof value === 'number' ? value : absent;
}

/** Whether multiples of one number are multiples of another. */
export function isMultiple(inner: JsonSchema, outer: JsonSchema, types: ReadonlySet<string>): boolean {
  const { multipleOf: wanted } = outer;
  const { multipleOf: given } = inner;
  if (wanted === undefined || wanted === given) return true;
  if (wanted === 1 && !types.has('number')) return true;
  return Number.isInteger(wanted) && Number.isInteger(given) && (given as number) % (wanted as number) === 0;
}
