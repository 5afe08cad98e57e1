import type { Writing } from '../document/operation.ts';
import { separated } from './path-styles.ts';
import { decoded, type RawPair } from './raw-values.ts';
import type { TextTree } from './text-tree.ts';

/** What pairs say of one parameter: its possible readings, and the names that are taken by each. */
export interface PairReading {
  readonly tree: TextTree;
  readonly names: ReadonlySet<string>;
}

interface Named {
  readonly name: string;
  readonly writing: Writing;
  /** The members that an exploded object may have written as names of their own. */
  readonly members: (name: string) => boolean;
  /** Whether the value may be an object at all. */
  readonly object: boolean;
}

/** Every reading of a query, cookie or form parameter in its style; none where it is absent. */
export function readPairs(
  { name, writing, members, object }: Named,
  pairs: readonly RawPair[],
): readonly PairReading[] {
  if (writing.style === 'deepObject') return readDeep(name, pairs);
  const own = pairs.filter(([given]) => given === name).map(([, value]) => value);
  const names = new Set([name]);
  if (own.length === 0) return writing.explode && object ? readMembers(members, pairs) : [];
  if (writing.explode) {
    const list = own.map(decoded);
    const [only] = list;
    const trees: TextTree[] = list.length === 1 && only !== undefined ? [only, list] : [list];
    return [...trees.map((tree) => ({ tree, names })), ...(object ? readMembers(members, pairs) : [])];
  }
  // Names are repeated by exploded lists alone.
  const [only, ...more] = own;
  if (only === undefined || more.length > 0) return [];
  return separated(only, separatorOf(writing), writing).map((tree) => ({ tree, names }));
}

function separatorOf({ style, decodeFirst }: Writing): string | RegExp {
  if (style === 'spaceDelimited') return / |%20/u;
  if (style === 'pipeDelimited') return /\||%7C/iu;
  if (style === 'tabDelimited') return /\t|%09/u;
  return decodeFirst === true ? /,|%2C/iu : ',';
}

function readMembers(members: Named['members'], pairs: readonly RawPair[]): readonly PairReading[] {
  const own = pairs.filter(([given]) => members(given));
  if (own.length === 0) return [];
  const tree: Record<string, TextTree> = {};
  for (const [given, value] of own) tree[given] = joined(tree[given], decoded(value));
  return [{ tree, names: new Set(Object.keys(tree)) }];
}

/** `name[a][b]=value`; repeated names and empty brackets are lists, numbers in brackets are their places. */
function readDeep(name: string, pairs: readonly RawPair[]): readonly PairReading[] {
  const own = pairs.filter(([given]) => given.startsWith(`${name}[`) && given.endsWith(']'));
  if (own.length === 0) return [];
  const root: Branch = new Map();
  for (const [given, value] of own) {
    plant(root, given.slice(name.length + 1, -1).split(']['), decoded(value));
  }
  return [{ tree: grown(root), names: new Set(own.map(([given]) => given)) }];
}

type Branch = Map<string, Branch | TextTree>;

const deepest = 10;

function plant(branch: Branch, keys: readonly string[], value: string): void {
  const [key = '', ...rest] = keys;
  if (rest.length === 0 || keys.length > deepest) {
    const present = branch.get(key);
    branch.set(key, present instanceof Map ? value : joined(present, value));
    return;
  }
  const present = branch.get(key);
  const next: Branch = present instanceof Map ? present : new Map();
  branch.set(key, next);
  plant(next, rest, value);
}

function grown(branch: Branch): TextTree {
  const keys = [...branch.keys()];
  const value = (key: string): TextTree => {
    const part = branch.get(key) ?? '';
    return part instanceof Map ? grown(part) : part;
  };
  if (keys.length === 1 && keys[0] === '') {
    const items = value('');
    return Array.isArray(items) ? items : [items];
  }
  if (keys.every((key, index) => key === String(index))) return keys.map(value);
  return Object.fromEntries(keys.map((key) => [key, value(key)]));
}

function joined(present: TextTree | undefined, value: string): TextTree {
  if (present === undefined) return value;
  return [...(Array.isArray(present) ? (present as readonly TextTree[]) : [present]), value];
}
