import { isObject } from '../reading/json-value.ts';

/** A value that was made to fit, and what of it is missing. */
export interface Shortened {
  readonly value: unknown;
  /** One line each: where something is missing, and how much. */
  readonly cuts: readonly string[];
}

interface Limits {
  readonly items: number;
  readonly characters: number;
  readonly depth: number;
}

const attempts: readonly Limits[] = [
  { items: 1_000, characters: 8_000, depth: 30 },
  { items: 200, characters: 2_000, depth: 20 },
  { items: 50, characters: 1_000, depth: 12 },
  { items: 20, characters: 500, depth: 8 },
  { items: 10, characters: 200, depth: 6 },
  { items: 5, characters: 100, depth: 5 },
  { items: 2, characters: 60, depth: 4 },
];
const mostCuts = 20;

/** The value with fewer items, members and characters, so that its JSON has at most `bytes`; undefined where nothing helps. */
export function shorten(value: unknown, bytes: number): Shortened | undefined {
  for (const limits of attempts) {
    const cuts: string[] = [];
    const short = cut(value, limits, { path: '', depth: 0, cuts });
    if (Buffer.byteLength(JSON.stringify(short)) > bytes) continue;
    const more = cuts.length - mostCuts;
    return { value: short, cuts: more > 0 ? [...cuts.slice(0, mostCuts), `and ${String(more)} more places`] : cuts };
  }
  return undefined;
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly cuts: string[];
}

function cut(value: unknown, limits: Limits, place: Place): unknown {
  if (typeof value === 'string') return cutText(value, limits, place);
  if (Array.isArray(value)) return cutList(value, limits, place);
  return isObject(value) ? cutObject(value, limits, place) : value;
}

function cutText(text: string, { characters }: Limits, { path, cuts }: Place): string {
  if (text.length <= characters) return text;
  cuts.push(`${path || 'it'}: ${String(characters)} of ${String(text.length)} characters`);
  // Never half a character.
  const end = /[\uD800-\uDBFF]/u.test(text.charAt(characters - 1)) ? characters - 1 : characters;
  return `${text.slice(0, end)}…`;
}

function cutList(items: readonly unknown[], limits: Limits, { path, depth, cuts }: Place): readonly unknown[] {
  const kept = depth >= limits.depth ? 0 : limits.items;
  if (items.length > kept) cuts.push(`${path || 'it'}: ${String(kept)} of ${String(items.length)} items`);
  return items
    .slice(0, kept)
    .map((item, index) => cut(item, limits, { path: `${path}[${String(index)}]`, depth: depth + 1, cuts }));
}

function cutObject(value: Readonly<Record<string, unknown>>, limits: Limits, { path, depth, cuts }: Place): object {
  const members = Object.entries(value);
  const kept = depth >= limits.depth ? 0 : Math.max(limits.items, 20);
  if (members.length > kept) cuts.push(`${path || 'it'}: ${String(kept)} of ${String(members.length)} members`);
  const below = (name: string): Place => ({ path: path === '' ? name : `${path}.${name}`, depth: depth + 1, cuts });
  return Object.fromEntries(members.slice(0, kept).map(([name, member]) => [name, cut(member, limits, below(name))]));
}
