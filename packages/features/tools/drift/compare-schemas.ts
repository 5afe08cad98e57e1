import { canonicalJson } from '@devmesh/foundation';
import type { JsonSchema } from '../schema/json-schema.ts';
import { because, isSame, isSameText, type Comparison, type Unfit } from './comparison.ts';
import { unfitArray } from './compare-arrays.ts';
import { unfitObject } from './compare-objects.ts';
import { isAnnotation } from './schema-keywords.ts';
import { at, follow, type SchemaNode } from './schema-node.ts';
import { isAmong, isMultiple, isNumberWithin, typesOf, valueKeys, valuesOf, widerCount } from './value-range.ts';

const deepest = 60;
const mostSteps = 20_000;

/** Why values that are valid by one schema need not be valid by another, each the root of a document. */
export function compareSchemas(
  inner: JsonSchema,
  outer: JsonSchema,
  rest: Partial<Pick<Comparison, 'undeclaredIsUnused' | 'moreIsFine'>> = {},
): readonly Unfit[] {
  const start = {
    judge: unfit,
    path: '',
    assumed: new Set<string>(),
    depth: 0,
    budget: { left: mostSteps },
    reversed: false,
  };
  const comparison = { ...start, undeclaredIsUnused: false, moreIsFine: false, texts: new WeakMap(), ...rest };
  return unfit({ root: inner, schema: inner }, { root: outer, schema: outer }, comparison);
}

/**
 * Why values that are valid by the inner schema need not be valid by the outer one. Empty only where it is certain that all
 * are: what cannot be decided is a reason.
 */
function unfit(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const { budget, depth } = comparison;
  budget.left -= 1;
  if (depth > deepest || budget.left < 0) return because(comparison, 'is too large to compare');
  if (inner.schema === false || outer.schema === true) return [];
  if (outer.schema === false) return because(comparison, 'takes no value any more');
  if (isSameText(inner, outer, comparison)) return [];
  const open = inner.schema === true ? at(inner, {}) : inner;
  return unfitParts(open, outer, comparison);
}

/** Both schemas are objects; references and combinations are taken apart first. */
function unfitParts(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const innerParts = partsOf(inner);
  const outerParts = partsOf(outer);
  if (innerParts === undefined && outerParts === undefined) return unfitSingle(inner, outer, comparison);
  // Every part of the outer schema must hold, and one part of the inner one is enough to see that it does.
  return (outerParts ?? [outer]).flatMap((part) =>
    fewest((innerParts ?? [inner]).map((given) => unfitPart(given, part, comparison))),
  );
}

function unfitPart(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const deeper = { ...comparison, depth: comparison.depth + 1 };
  if (refOf(inner) === undefined && refOf(outer) === undefined) return unfit(inner, outer, deeper);
  return unfitReferences(inner, outer, deeper);
}

/** The conjunction that a schema is: what it refers to, its `allOf`, and the rest; undefined where it is none. */
function partsOf(node: SchemaNode): readonly SchemaNode[] | undefined {
  const { $ref, allOf, ...rest } = node.schema as JsonSchema;
  if ($ref === undefined && allOf === undefined) return undefined;
  const reference = $ref === undefined ? [] : [at(node, { $ref })];
  const listed = Array.isArray(allOf) ? allOf : allOf === undefined ? [] : [allOf];
  const named = [...reference, ...listed.map((part: unknown) => at(node, part))];
  return named.length > 0 && Object.keys(rest).every(isAnnotation) ? named : [...named, at(node, rest)];
}

function refOf({ schema }: SchemaNode): string | undefined {
  const reference = typeof schema === 'object' ? schema['$ref'] : undefined;
  return typeof reference === 'string' ? reference : undefined;
}

function unfitReferences(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const { reversed, undeclaredIsUnused, moreIsFine } = comparison;
  const pair = canonicalJson([inner.schema, outer.schema, reversed, undeclaredIsUnused, moreIsFine]);
  if (comparison.assumed.has(pair)) return [];
  const within = { ...comparison, assumed: new Set([...comparison.assumed, pair]) };
  const given = resolved(inner);
  const wanted = resolved(outer);
  if (given === undefined || wanted === undefined) return because(comparison, 'refers to something that is not there');
  return unfit(given, wanted, within);
}

function resolved(node: SchemaNode): SchemaNode | undefined {
  const reference = refOf(node);
  return reference === undefined ? node : follow(node, reference);
}

/** Neither is a conjunction any more: alternatives, then what each keyword asks. */
function unfitSingle(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const deeper = { ...comparison, depth: comparison.depth + 1 };
  const branches = branchesOf(inner);
  if (branches !== undefined && !sameOneOf(inner, outer, deeper)) {
    return branches.flatMap((branch) => unfit(branch, outer, deeper));
  }
  return [...unfitChoices(inner, outer, deeper), ...unfitKeywords(inner, outer, comparison)];
}

/** The alternatives of a schema, each with what holds for all of them. */
function branchesOf(node: SchemaNode): readonly SchemaNode[] | undefined {
  const { anyOf, oneOf, ...rest } = node.schema as JsonSchema;
  const listed = Array.isArray(anyOf) ? anyOf : oneOf;
  if (!Array.isArray(listed)) return undefined;
  const others = Array.isArray(anyOf) && oneOf !== undefined ? { ...rest, oneOf } : rest;
  const bare = Object.keys(others).every(isAnnotation);
  return listed.map((branch: unknown) =>
    bare ? at(node, branch) : at(node, { ...others, allOf: [branch, ...allOfOf(others)] }),
  );
}

function allOfOf(schema: JsonSchema): readonly unknown[] {
  return Array.isArray(schema['allOf']) ? schema['allOf'] : [];
}

/** What one of several must hold of. */
function unfitChoices(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const { anyOf, oneOf } = outer.schema as JsonSchema;
  const any = Array.isArray(anyOf) ? anyOf : [false];
  const ofAny = anyOf === undefined ? [] : fewest(any.map((branch) => unfit(inner, at(outer, branch), comparison)));
  if (oneOf === undefined || sameOneOf(inner, outer, comparison)) return ofAny;
  // A value that fits one of them might fit another as well.
  return [...ofAny, ...because(comparison, 'must fit exactly one of other alternatives')];
}

function sameOneOf(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): boolean {
  const given = (inner.schema as JsonSchema)['oneOf'];
  const wanted = (outer.schema as JsonSchema)['oneOf'];
  if (!Array.isArray(given) || !Array.isArray(wanted) || given.length !== wanted.length) return false;
  return given.every((branch: unknown, index) => isSame(at(inner, branch), at(outer, wanted[index]), comparison));
}

/** The shortest list of reasons. */
function fewest(lists: readonly (readonly Unfit[])[]): readonly Unfit[] {
  const [first = [], ...rest] = lists;
  return rest.reduce((best, list) => (list.length < best.length ? list : best), first);
}

const compared: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'properties',
  'patternProperties',
  'additionalProperties',
  'required',
  'dependentRequired',
  'propertyNames',
  'items',
  'prefixItems',
  'uniqueItems',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
]);

function unfitKeywords(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const given = inner.schema as JsonSchema;
  const wanted = outer.schema as JsonSchema;
  const types = typesOf(given);
  const ofTypes = unfitTypes(given, wanted, comparison);
  if (ofTypes.length > 0) return ofTypes;
  const unequal = Object.keys(wanted).find(
    (keyword) => !compared.has(keyword) && !isAnnotation(keyword) && !isAlike(inner, outer, keyword, comparison),
  );
  return [
    ...unfitValues(given, wanted, comparison),
    ...unfitNumbers(given, wanted, comparison),
    ...(unequal === undefined ? [] : because(comparison, `has another ${unequal}`)),
    ...(types.has('array') ? unfitArray(inner, outer, comparison) : []),
    ...(types.has('object') ? unfitObject(inner, outer, comparison) : []),
  ];
}

/** Keywords that are not understood are alike only where they are the same and stand beside the same. */
function isAlike(inner: SchemaNode, outer: SchemaNode, keyword: string, comparison: Comparison): boolean {
  if (keyword.startsWith('unevaluated') || keyword.startsWith('$')) return false;
  const names = conditional.has(keyword) ? [...conditional] : [keyword];
  return names.every((name) => {
    const given = at(inner, { [name]: (inner.schema as JsonSchema)[name] });
    return isSameText(given, at(outer, { [name]: (outer.schema as JsonSchema)[name] }), comparison);
  });
}

/** They say something together only. */
const conditional: ReadonlySet<string> = new Set(['if', 'then', 'else']);

function unfitTypes(given: JsonSchema, wanted: JsonSchema, comparison: Comparison): readonly Unfit[] {
  if (wanted['type'] === undefined) return [];
  const { enum: _enum, const: _const, ...declared } = wanted;
  const types = typesOf(declared);
  const lost = [...typesOf(given)].filter((type) => !isAmong(type, types));
  return lost.length === 0 ? [] : because(comparison, `does not take ${lost.join(', ')} any more`);
}

function unfitValues(given: JsonSchema, wanted: JsonSchema, comparison: Comparison): readonly Unfit[] {
  const allowed = valuesOf(wanted);
  if (allowed === undefined) return [];
  const offered = valuesOf(given);
  if (offered === undefined) return because(comparison, 'takes certain values only');
  const keys = valueKeys(allowed);
  const lost = [...valueKeys(offered)].filter((value) => !keys.has(value));
  return lost.length === 0 ? [] : because(comparison, `does not take ${lost.join(', ').slice(0, 200)} any more`);
}

function unfitNumbers(given: JsonSchema, wanted: JsonSchema, comparison: Comparison): readonly Unfit[] {
  const types = typesOf(given);
  const count = widerCount(given, wanted, types);
  const found = count === undefined ? [] : because(comparison, `has a tighter ${count}`);
  if (!types.has('number') && !types.has('integer')) return found;
  const least = isNumberWithin(given, wanted, 'least') ? [] : because(comparison, 'has a higher lower bound');
  const most = isNumberWithin(given, wanted, 'most') ? [] : because(comparison, 'has a lower upper bound');
  const multiple = isMultiple(given, wanted, types) ? [] : because(comparison, 'must be a multiple of another number');
  return [...found, ...least, ...most, ...multiple];
}
