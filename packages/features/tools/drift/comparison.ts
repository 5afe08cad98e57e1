import { canonicalJson } from '@devmesh/foundation';
import type { SchemaNode } from './schema-node.ts';

/** Why values of one schema need not be valid by another. */
export interface Unfit {
  /** Where, e.g. `owner.name`; empty at the root. */
  readonly at: string;
  readonly change: string;
}

type Judge = (inner: SchemaNode, outer: SchemaNode, comparison: Comparison) => readonly Unfit[];

/** What goes along through a comparison. */
export interface Comparison {
  /** Why values that are valid by the inner schema need not be valid by the outer one. */
  readonly judge: Judge;
  readonly path: string;
  /** Pairs of references that are being compared: what refers to itself is compared once. */
  readonly assumed: ReadonlySet<string>;
  readonly depth: number;
  /** Work that is left; a comparison that takes more is given up. */
  readonly budget: { left: number };
  /** Whether the two documents have changed places. */
  readonly reversed: boolean;
  /** Properties that only the outer schema names were of no meaning before, although the inner one lets them through. */
  readonly undeclaredIsUnused: boolean;
  /** Properties that the outer schema does not name are no reason. */
  readonly moreIsFine: boolean;
  /** What schemas are as canonical JSON. */
  readonly texts: WeakMap<object, string>;
}

/** The comparison one step further in. */
export function inside(comparison: Comparison, part: string): Comparison {
  const path = comparison.path === '' ? part : `${comparison.path}.${part}`;
  return { ...comparison, path, depth: comparison.depth + 1, undeclaredIsUnused: false };
}

/** One reason. */
export function because({ path }: Comparison, change: string): readonly Unfit[] {
  return [{ at: path, change }];
}

/** Whether two schemas let the same values through, for certain. */
export function isSame(one: SchemaNode, other: SchemaNode, comparison: Comparison): boolean {
  const strict = { ...comparison, moreIsFine: false, undeclaredIsUnused: false };
  if (strict.judge(one, other, strict).length > 0) return false;
  return strict.judge(other, one, { ...strict, reversed: !strict.reversed }).length === 0;
}

/** Whether two schemas are the same text and mean the same by it. */
export function isSameText(one: SchemaNode, other: SchemaNode, comparison: Comparison): boolean {
  const text = textOf(one.schema, comparison);
  if (text !== textOf(other.schema, comparison)) return false;
  // What refers elsewhere means what is there.
  return !text.includes('"$') || textOf(one.root, comparison) === textOf(other.root, comparison);
}

function textOf(schema: unknown, { texts }: Comparison): string {
  if (typeof schema !== 'object' || schema === null) return canonicalJson(schema);
  const known = texts.get(schema) ?? canonicalJson(schema);
  texts.set(schema, known);
  return known;
}
