import type { AccountReading } from './presets/preset.ts';
import type { Account } from './provider.ts';

const longest = 500;
const mostListed = 50;

/** The account that an answer tells of; undefined where it tells of none. */
export function readAccount(value: unknown, { id, name, listAs }: AccountReading): Account | undefined {
  if (listAs !== undefined) {
    if (!Array.isArray(value)) return undefined;
    const first = readAccount(value[0], { id, name });
    const details = { [listAs]: value.slice(0, mostListed).map((item) => identity(item)) };
    return first === undefined ? undefined : { ...first, details };
  }
  const found = firstOf(value, id);
  return found === undefined ? undefined : { id: found, name: firstOf(value, name), details: {} };
}

function identity(item: unknown): Readonly<Record<string, string | undefined>> {
  return { id: firstOf(item, ['id']), name: firstOf(item, ['name']), url: firstOf(item, ['url']) };
}

function firstOf(value: unknown, names: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  for (const member of names.map((name) => members[name])) {
    if (typeof member === 'string' && member !== '') return member.slice(0, longest);
    if (typeof member === 'number') return String(member);
  }
  return undefined;
}
