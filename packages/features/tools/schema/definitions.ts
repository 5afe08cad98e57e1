import { isObject } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import { createRemarks, type PartRemark } from '../reading/remarks.ts';
import { convertSchema, type Conversion } from './convert-schema.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { withOpenedAlternatives } from './opened-alternatives.ts';
import type { Side } from './sides.ts';

/** A schema converted for one tool. */
interface Converted {
  readonly schema: SubSchema;
  /** Names under `$defs` that it needs. */
  readonly refers: ReadonlyMap<string, boolean>;
  /** On parts that were left open. */
  readonly remarks: readonly PartRemark[];
}

/** The `$defs` of one tool. */
interface Collection {
  readonly definitions: JsonSchema;
  /** Names of those that stay open. */
  readonly opened: ReadonlySet<string>;
  readonly remarks: readonly PartRemark[];
}

/** The schemas of a document that tools share, each converted once for each side. */
export interface Definitions {
  convert(schema: unknown): Converted;
  /** Everything that the names lead to, nearest first; what exceeds the bound stays open, and a remark says so. */
  collect(names: Iterable<string>): Collection;
}

interface Definition extends Converted {
  readonly size: number;
}

/** Characters of `$defs` of one tool; a model cannot use more, and recursive documents would otherwise repeat whole in each tool. */
const largestDefinitions: Readonly<Record<Side, number>> = { input: 65_536, form: 65_536, output: 16_384 };
/** Schemas converted of one document for one side. */
const mostSchemas = 2_000_000;

/** The definitions of one document, for one side of calls. */
export function createDefinitions(references: References, side: Side): Definitions {
  const names = createNames();
  const done = new Map<string, Definition>();
  const budget = { left: mostSchemas };

  const convert = (schema: unknown): Converted => {
    const conversion: Conversion = {
      references,
      side,
      nameOf: (pointer) => names.of(pointer),
      refers: new Map(),
      remarks: createRemarks(),
      budget,
    };
    const converted = convertSchema(conversion, schema);
    return { schema: converted, refers: conversion.refers, remarks: conversion.remarks.all() };
  };

  const definition = (name: string): Definition => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const target = references.resolveSchema(names.pointer(name));
    const converted = convert(target.found ? target.value : {});
    const made = { ...converted, size: JSON.stringify(converted.schema).length };
    done.set(name, made);
    return made;
  };

  return {
    convert,
    collect: (wanted) => {
      const collected = collect(wanted, definition, largestDefinitions[side]);
      const circles = circlesIn(collected.kept);
      const kept = [...collected.kept].map(([name, { schema }]) => [name, circles.has(name) ? {} : schema] as const);
      const opened = new Set([...Object.keys(collected.open), ...circles]);
      const definitions = { ...collected.open, ...withOpenedAlternatives(Object.fromEntries(kept), opened) };
      return { definitions, opened, remarks: collected.remarks };
    },
  };
}

interface Collected {
  readonly kept: ReadonlyMap<string, Definition>;
  readonly open: Record<string, JsonSchema>;
  readonly remarks: readonly PartRemark[];
}

function collect(wanted: Iterable<string>, definition: (name: string) => Definition, largest: number): Collected {
  const kept = new Map<string, Definition>();
  const open: Record<string, JsonSchema> = {};
  const remarks = createRemarks();
  const queue = new Set(wanted);
  let size = 0;
  // A set keeps the order of insertion and may grow while it is walked: breadth first, each name once.
  for (const name of queue) {
    const found = definition(name);
    if (size + found.size > largest && !isSmallLeaf(found, size, largest)) {
      open[name] = leftOpen(found);
      remarks.add('schema_too_large', 'its schema is too large to show whole, so the deepest parts are left open');
      continue;
    }
    size += found.size;
    kept.set(name, found);
    remarks.addAll(found.remarks);
    for (const next of found.refers.keys()) queue.add(next);
  }
  return { kept, open, remarks: remarks.all() };
}

const smallLeaf = 400;

/** The texts and numbers that larger parts end in cost little and tell much, so that they may exceed the bound by a quarter. */
function isSmallLeaf({ size, refers }: Definition, before: number, largest: number): boolean {
  return refers.size === 0 && size <= smallLeaf && before + size <= largest * 1.25;
}

/** Its type and the names that it requires are still told. */
function leftOpen({ schema }: Definition): JsonSchema {
  const { type, required } = isObject(schema) ? schema : {};
  return {
    ...(type === undefined ? {} : { type }),
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
    description: 'Any value that the service accepts.',
  };
}

/** Definitions that judge a value by judging that same value again, which would never end. */
function circlesIn(kept: ReadonlyMap<string, Definition>): ReadonlySet<string> {
  const state = new Map<string, 'entered' | 'left'>();
  const circles = new Set<string>();
  const visit = (name: string): void => {
    state.set(name, 'entered');
    for (const [next, inPlace] of kept.get(name)?.refers ?? []) {
      if (!inPlace || !kept.has(next)) continue;
      if (state.get(next) === 'entered') circles.add(next);
      else if (!state.has(next)) visit(next);
    }
    state.set(name, 'left');
  };
  for (const name of kept.keys()) if (!state.has(name)) visit(name);
  return circles;
}

interface Names {
  of(pointer: string): string;
  pointer(name: string): string;
}

/** Names under `$defs`: the last word of the pointer, numbered where two pointers end alike. */
function createNames(): Names {
  const byPointer = new Map<string, string>();
  const byName = new Map<string, string>();
  return {
    of: (pointer) => {
      const known = byPointer.get(pointer);
      if (known !== undefined) return known;
      const word = wordOf(pointer);
      let name = word;
      for (let number = 2; byName.has(name); number += 1) name = `${word}_${String(number)}`;
      byPointer.set(pointer, name);
      byName.set(name, pointer);
      return name;
    },
    pointer: (name) => byName.get(name) ?? '#/missing',
  };
}

function wordOf(pointer: string): string {
  const last = (pointer.split(/[/#]/u).findLast((part) => part !== '') ?? '').replace(/\.(?:json|ya?ml)$/iu, '');
  // Starting with a letter keeps a name like `__proto__` from meaning something.
  const word = last
    .replaceAll(/[^a-zA-Z0-9_.-]+/gu, '_')
    .replace(/^[^a-zA-Z]+/u, '')
    .slice(0, 80);
  return word === '' ? 'schema' : word;
}
