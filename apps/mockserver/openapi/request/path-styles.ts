import type { Writing } from '../document/operation.ts';
import { decoded } from './raw-values.ts';
import type { TextTree } from './text-tree.ts';

/** Every reading of the raw text of a path or header parameter in its style; none where it is not written in that style. */
export function readSimple(name: string, writing: Writing, raw: string): readonly TextTree[] {
  switch (writing.style) {
    case 'label':
      return raw.startsWith('.') ? separated(raw.slice(1), writing.explode ? '.' : ',', writing) : [];
    case 'matrix':
      return readMatrix(name, writing, raw);
    case 'spaceDelimited':
      return separated(raw, / |%20/u, writing);
    case 'pipeDelimited':
      return separated(raw, /\||%7C/iu, writing);
    case 'tabDelimited':
      return separated(raw, /\t|%09/u, writing);
    default:
      return separated(raw, writing.decodeFirst === true ? /,|%2C/iu : ',', writing);
  }
}

/** As one text, as a list, and as an object, whose members stand alternately or as `name=value`. */
export function separated(raw: string, separator: string | RegExp, { explode }: Writing): readonly TextTree[] {
  const parts = raw.split(separator);
  const whole: TextTree[] = [decoded(raw), parts.map(decoded)];
  if (!explode) return parts.length % 2 === 0 ? [...whole, alternating(parts)] : whole;
  const members = membersOf(parts);
  return members === undefined ? whole : [...whole, members];
}

function readMatrix(name: string, { explode }: Writing, raw: string): readonly TextTree[] {
  if (!raw.startsWith(';')) return [];
  const parts = raw.slice(1).split(';');
  const own = parts.map((part) => valueOf(name, part));
  const values = own.filter((value) => value !== undefined);
  const [first] = values;
  if (!explode) {
    if (first === undefined || parts.length > 1) return [];
    return separated(first, ',', { style: 'matrix', explode: false });
  }
  if (values.length < parts.length || first === undefined) {
    const members = membersOf(parts);
    return members === undefined ? [] : [members];
  }
  const list = values.map(decoded);
  return values.length === 1 ? [decoded(first), list] : [list];
}

function valueOf(name: string, part: string): string | undefined {
  const at = part.indexOf('=');
  const written = at < 0 ? part : part.slice(0, at);
  if (decoded(written) !== name) return undefined;
  return at < 0 ? '' : part.slice(at + 1);
}

function alternating(parts: readonly string[]): TextTree {
  const names = parts.filter((_part, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [decoded(name), decoded(parts[index * 2 + 1] ?? '')]));
}

function membersOf(parts: readonly string[]): TextTree | undefined {
  if (!parts.every((part) => part.indexOf('=') > 0)) return undefined;
  const pairs = parts.map((part) => {
    const at = part.indexOf('=');
    return [decoded(part.slice(0, at)), decoded(part.slice(at + 1))] as const;
  });
  return Object.fromEntries(pairs);
}
