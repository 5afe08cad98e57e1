import { arrayOf, isRecord, member, recordOf, stringsOf, type Loose } from '../document/loose.ts';
import type { Pointers } from '../document/pointers.ts';
import { judgedFormats } from './formats.ts';
import { holders, scalars, typesIn } from './keywords.ts';

const mostCompared = 60;
const deepest = 4;
const deepestParts = 6;

/** What is looked at by itself, or judges nothing. */
const apart: ReadonlySet<string> = new Set([
  'default',
  'examples',
  'format',
  'enum',
  'const',
  'properties',
  'items',
  'allOf',
  'additionalProperties',
]);

/** A schema and all that its `allOf` adds, as far as alternatives are told apart by it. */
interface Outline {
  readonly all: readonly Loose[];
  readonly types: readonly string[];
  readonly required: ReadonlySet<string>;
}

/**
 * Whether an alternative takes in another one, so that no value could ever choose the narrower: authors of such a `oneOf`
 * mean `anyOf`. What only one of them declares tells nothing apart, since the other takes any member.
 */
export function isBlurred(pointers: Pointers, alternatives: readonly unknown[]): boolean {
  const outlines = alternatives.slice(0, mostCompared).map((schema) => outlineOf(pointers, schema));
  return outlines.some((wide) => outlines.some((narrow) => wide !== narrow && covers(pointers, [wide, narrow], 0)));
}

function outlineOf(pointers: Pointers, schema: unknown): Outline {
  const all = partsOf(pointers, schema, 0);
  const foreign = new Set(all.flatMap((part) => readOnlyNames(pointers, part)));
  const types = all.map((part) => besidesNull(typesIn(part['type'])));
  return {
    all,
    types: types.find((named) => named.length > 0) ?? [],
    required: new Set(all.flatMap((part) => stringsOf(part['required'])).filter((name) => !foreign.has(name))),
  };
}

function besidesNull(types: readonly string[]): readonly string[] {
  return types.length > 1 ? types.filter((type) => type !== 'null') : types;
}

function partsOf(pointers: Pointers, schema: unknown, depth: number): readonly Loose[] {
  const own = pointers.record(schema);
  if (own === undefined || depth > deepestParts) return [];
  return [own, ...arrayOf(own['allOf']).flatMap((part) => partsOf(pointers, part, depth + 1))];
}

function readOnlyNames(pointers: Pointers, part: Loose): readonly string[] {
  const declared = Object.entries(recordOf(part['properties']));
  return declared.filter(([, own]) => pointers.record(own)?.['readOnly'] === true).map(([name]) => name);
}

function covers(pointers: Pointers, [wide, narrow]: readonly [Outline, Outline], depth: number): boolean {
  const below = (one: unknown, other: unknown): boolean =>
    one === other ||
    (depth < deepest && covers(pointers, [outlineOf(pointers, one), outlineOf(pointers, other)], depth + 1));
  return (
    coversTypes(wide, narrow) &&
    wide.all.every((part) => coversValues(part, narrow) && coversRest(part, narrow)) &&
    [...wide.required].every((name) => narrow.required.has(name)) &&
    coversMembers([wide, narrow], below)
  );
}

function coversTypes(wide: Outline, narrow: Outline): boolean {
  const wanted = wide.types.length > 0 || wide.all.every((part) => !('properties' in part)) ? wide.types : ['object'];
  if (wanted.length === 0) return true;
  const given =
    narrow.types.length > 0 || narrow.all.every((part) => !('properties' in part)) ? narrow.types : ['object'];
  return (
    given.length > 0 &&
    given.every((type) => wanted.includes(type) || (type === 'integer' && wanted.includes('number')))
  );
}

function valuesOf(part: Loose): readonly string[] | undefined {
  if ('const' in part) return [JSON.stringify(part['const'])];
  return Array.isArray(part['enum']) ? part['enum'].map((value) => JSON.stringify(value)) : undefined;
}

function coversValues(part: Loose, narrow: Outline): boolean {
  const allowed = valuesOf(part);
  if (allowed === undefined) return true;
  return narrow.all.some((other) => valuesOf(other)?.every((value) => allowed.includes(value)) === true);
}

/** All else that the wider one asks, the narrower one must ask in the same words. */
function coversRest(part: Loose, narrow: Outline): boolean {
  return Object.entries(part).every(([keyword, value]) => {
    if (keyword === 'format' && typeof value === 'string' && !judgedFormats.has(value)) return true;
    if (keyword !== 'format' && (apart.has(keyword) || !(scalars.has(keyword) || holders.has(keyword)))) return true;
    return narrow.all.some((other) => isSame(other[keyword], value));
  });
}

/** Aliases of YAML may make circles, which have no JSON. */
function isSame(one: unknown, other: unknown): boolean {
  try {
    return JSON.stringify(one) === JSON.stringify(other);
  } catch {
    return one === other;
  }
}

function coversMembers(
  [wide, narrow]: readonly [Outline, Outline],
  below: (one: unknown, other: unknown) => boolean,
): boolean {
  const find = ({ all }: Outline, name: string): unknown =>
    all.map((part) => member(recordOf(part['properties']), name)).find((own) => own !== undefined);
  const names = narrow.all.flatMap((part) => Object.keys(recordOf(part['properties'])));
  const closed = wide.all.some((part) => part['additionalProperties'] === false);
  const [item, other] = [wide, narrow].map(({ all }) => all.map((part) => part['items']).find(isRecord));
  return (
    (item === undefined || other === undefined || below(item, other)) &&
    names.every((name) => {
      const own = find(wide, name);
      return own === undefined ? !closed : below(own, find(narrow, name));
    })
  );
}
