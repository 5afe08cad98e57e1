import { canonicalJson } from '@devmesh/foundation';
import type { JsonSchema } from '../schema/json-schema.ts';
import { because, inside, isSame, type Comparison, type Unfit } from './comparison.ts';
import { at, type SchemaNode } from './schema-node.ts';

type Named = Readonly<Record<string, unknown>>;

/** Why objects that are valid by the inner schema need not be valid by the outer one, but for their size. */
export function unfitObject(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  return [
    ...unfitRequired(inner, outer, comparison),
    ...unfitNames(inner, outer, comparison),
    ...unfitPatterns(inner, outer, comparison),
    ...unfitProperties(inner, outer, comparison),
    ...unfitOthers(inner, outer, comparison),
  ];
}

function recordOf(node: SchemaNode, keyword: string): Named {
  const value = (node.schema as JsonSchema)[keyword];
  return typeof value === 'object' && value !== null ? (value as Named) : {};
}

function requiredOf(node: SchemaNode): ReadonlySet<string> {
  const { required } = node.schema as JsonSchema;
  return new Set(Array.isArray(required) ? (required as string[]) : []);
}

function unfitRequired(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const before = requiredOf(inner);
  const fresh = [...requiredOf(outer)].filter((name) => !before.has(name));
  const together = Object.entries(recordOf(outer, 'dependentRequired')).filter(([name, needed]) => {
    const known = recordOf(inner, 'dependentRequired')[name];
    const given = new Set([...before, ...(Array.isArray(known) ? (known as string[]) : [])]);
    return !(Array.isArray(needed) && (needed as string[]).every((each) => given.has(each)));
  });
  return [
    ...fresh.flatMap((name) => because(inside(comparison, name), 'is required now')),
    ...together.flatMap(([name]) => because(inside(comparison, name), 'needs other properties now')),
  ];
}

function unfitNames(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const wanted = (outer.schema as JsonSchema)['propertyNames'];
  if (wanted === undefined) return [];
  const given = (inner.schema as JsonSchema)['propertyNames'] ?? true;
  return comparison.judge(at(inner, given), at(outer, wanted), inside(comparison, '(names)'));
}

/** Patterns overlap with each other and with names, so they are compared as a whole. */
function unfitPatterns(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const given = recordOf(inner, 'patternProperties');
  const wanted = recordOf(outer, 'patternProperties');
  if (Object.keys(given).length + Object.keys(wanted).length === 0) return [];
  const patterns = canonicalJson(Object.keys(given).sort()) === canonicalJson(Object.keys(wanted).sort());
  const names = namesOf(inner) === namesOf(outer);
  const same =
    patterns &&
    names &&
    Object.keys(wanted).every((pattern) =>
      isSame(at(inner, given[pattern]), at(outer, wanted[pattern]), inside(comparison, pattern)),
    );
  return same ? [] : because(comparison, 'has other patterns of names');
}

function namesOf(node: SchemaNode): string {
  return canonicalJson(Object.keys(recordOf(node, 'properties')).sort());
}

/** What a schema asks of a property that it names, or of any other. */
function schemaOf(node: SchemaNode, name: string): SchemaNode {
  const named = recordOf(node, 'properties');
  return at(node, Object.hasOwn(named, name) ? named[name] : additionalOf(node));
}

function additionalOf(node: SchemaNode): unknown {
  return (node.schema as JsonSchema)['additionalProperties'] ?? true;
}

function unfitProperties(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  const given = recordOf(inner, 'properties');
  const wanted = recordOf(outer, 'properties');
  const names = new Set([...Object.keys(given), ...Object.keys(wanted)]);
  return [...names].flatMap((name) => {
    const within = inside(comparison, name);
    if (!Object.hasOwn(wanted, name)) {
      if (comparison.moreIsFine && typeof additionalOf(outer) === 'boolean') return [];
      if (additionalOf(outer) === false) return given[name] === false ? [] : because(within, 'is not there any more');
    }
    const fresh = !Object.hasOwn(given, name);
    if (fresh && comparison.undeclaredIsUnused && additionalOf(inner) === true) return [];
    return comparison.judge(schemaOf(inner, name), schemaOf(outer, name), within);
  });
}

/** Properties that neither names. */
function unfitOthers(inner: SchemaNode, outer: SchemaNode, comparison: Comparison): readonly Unfit[] {
  if (comparison.moreIsFine && typeof additionalOf(outer) === 'boolean') return [];
  return comparison.judge(
    at(inner, additionalOf(inner)),
    at(outer, additionalOf(outer)),
    inside(comparison, '(others)'),
  );
}
