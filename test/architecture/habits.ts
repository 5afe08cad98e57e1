import { posix } from 'node:path';
import { maskSource } from './mask-source.ts';
import type { Room } from './rooms.ts';
import { isSource, isTestCode, type Tree } from './tree.ts';

/** Folders without a listed purpose, listed rooms that are not there, and rooms without source. */
export function roomBreaches(tree: Tree, rooms: readonly Room[], corridors: readonly string[]): readonly string[] {
  const listed = new Set(rooms.map(({ path }) => path));
  const unlisted = [...tree.folders]
    .filter((folder) => corridors.includes(posix.dirname(folder)) && !listed.has(folder))
    .map((folder) => `${folder} is not listed in test/architecture/rooms.ts`);
  const sources = [...tree.files.keys()].filter((path) => isSource(path) && !/\.test\.tsx?$/.test(path));
  const empty = rooms
    .filter(({ path }) => !sources.some((source) => source.startsWith(`${path}/`)))
    .map(({ path }) => `${path} is listed but holds no source`);
  const speechless = rooms
    .filter(({ sentence }) => !/^[A-Z].{15,}\.$/.test(sentence))
    .map(({ path }) => `${path} is listed without a sentence`);
  return [...unlisted, ...empty, ...speechless];
}

/** The tables that the migrations create, without their schema. */
export function tablesOf(tree: Tree): ReadonlySet<string> {
  const statements = [...tree.files].filter(([path]) => /^migrations\/.*\.up\.sql$/.test(path)).map(([, text]) => text);
  const created = statements.flatMap((text) => [...text.matchAll(/^\s*create table (?:if not exists )?mcp\.(\w+)/gim)]);
  return new Set(created.map(([, name = '']) => name));
}

interface TableRules {
  /** Files outside a store that may name tables. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** Tables that several stores may name. */
  readonly shared: Readonly<Record<string, string>>;
}

/** Files that name a table without being the store that owns it, and tables that two rooms name. */
export function tableBreaches(tree: Tree, { exceptions, shared }: TableRules): readonly string[] {
  const tables = tablesOf(tree);
  const breaches: string[] = [];
  const owners = new Map<string, Set<string>>();
  for (const [path, text] of productSources(tree)) {
    const named = tablesNamed(text, tables);
    const excepted = Object.hasOwn(exceptions, path);
    if (named.length > 0 && !isStore(path) && !excepted)
      breaches.push(`${path} names ${named.join(', ')} outside a store`);
    if (isStore(path))
      for (const table of named) owners.set(table, (owners.get(table) ?? new Set()).add(posix.dirname(path)));
  }
  for (const [table, folders] of owners) {
    if (folders.size > 1 && !Object.hasOwn(shared, table))
      breaches.push(`mcp.${table} is known to several stores: ${[...folders].toSorted().join(', ')}`);
  }
  return [...breaches, ...stale(exceptions, (path) => tablesNamed(tree.files.get(path) ?? '', tables).length > 0)];
}

/** Files that read the environment of the process although they do not start it. */
export function environmentBreaches(tree: Tree, exceptions: Readonly<Record<string, string>>): readonly string[] {
  const reads = (text: string): boolean => /\bprocess\s*\.\s*env\b/.test(maskSource(text).code);
  const breaches = [...productSources(tree)]
    .filter(([path, text]) => posix.basename(path) !== 'main.ts' && !Object.hasOwn(exceptions, path) && reads(text))
    .map(([path]) => `${path} reads process.env; configuration is parsed once, at the start`);
  return [...breaches, ...stale(exceptions, (path) => reads(tree.files.get(path) ?? ''))];
}

function productSources(tree: Tree): readonly (readonly [string, string])[] {
  return [...tree.files]
    .filter(
      ([path]) =>
        isSource(path) &&
        /^(?:apps|packages)\//.test(path) &&
        (!isTestCode(path) || path.startsWith('packages/testkit/')),
    )
    .filter(([path]) => !/\.test\.tsx?$/.test(path));
}

function isStore(path: string): boolean {
  return /^store(?:-[a-z-]+)?\.ts$/.test(posix.basename(path));
}

function tablesNamed(text: string, tables: ReadonlySet<string>): readonly string[] {
  const names = maskSource(text).strings.flatMap((words) =>
    [...words.matchAll(/\bmcp\.(\w+)/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)].filter((name) => tables.has(name)).toSorted();
}

function stale(exceptions: Readonly<Record<string, string>>, needed: (path: string) => boolean): readonly string[] {
  return Object.keys(exceptions)
    .filter((path) => !needed(path))
    .map((path) => `${path} is listed as an exception that it no longer needs`);
}
