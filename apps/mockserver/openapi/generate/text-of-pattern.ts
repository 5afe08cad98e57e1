import { compile } from '../schema/bounded-pattern.ts';

/** How long a text may be. */
export interface Lengths {
  readonly least: number;
  readonly most: number;
}

const growth = [0, 1, 2, 4, 8, 16, 32, 64] as const;

/** A text that a pattern matches, within its lengths, another one each turn where there are several; undefined where none was found. */
export function textOfPattern(source: string, { least, most }: Lengths, turn = 0): string | undefined {
  const texts = [...new Set(textsOfPattern(source, { least, most }))];
  return texts[turn % Math.max(1, texts.length)];
}

function textsOfPattern(source: string, { least, most }: Lengths): readonly string[] {
  const pattern = compile(source);
  if (pattern === undefined) return [];
  const texts: string[] = [];
  for (const more of growth) {
    const text = writeAlternatives(new Reader(source), more);
    const padded = text.length < least ? text.padEnd(least, text.at(-1) ?? 'a') : text;
    const found = [text, padded].find(
      (candidate) => candidate.length >= least && candidate.length <= most && pattern.test(candidate),
    );
    if (found !== undefined) texts.push(found);
    if (texts.length > 4) break;
  }
  return texts;
}

/** Reads a pattern letter by letter. */
class Reader {
  readonly #source: string;
  #at = 0;
  constructor(source: string) {
    this.#source = source;
  }
  get next(): string {
    return this.#source.charAt(this.#at);
  }
  take(): string {
    const letter = this.next;
    this.#at += 1;
    return letter;
  }
  takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
  match(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#source.slice(this.#at));
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}

/** One of the alternatives that say something; all are read. */
function writeAlternatives(reader: Reader, more: number): string {
  const texts = [writeSequence(reader, more)];
  while (reader.takes('|')) texts.push(writeSequence(reader, more));
  const said = texts.filter((text) => text !== '');
  return said[more % Math.max(1, said.length)] ?? '';
}

function writeSequence(reader: Reader, more: number): string {
  let text = '';
  while (reader.next !== '' && reader.next !== '|' && reader.next !== ')') {
    const atom = writeAtom(reader, more);
    text += atom.repeat(repetitions(reader, more));
  }
  return text;
}

function repetitions(reader: Reader, more: number): number {
  const found = reader.match(/^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/u);
  if (found === null) return 1;
  const [, sign, least = '0', comma, most = ''] = found;
  if (sign === '?') return more > 0 ? 1 : 0;
  if (sign !== undefined) return (sign === '+' ? 1 : 0) + more;
  const upTo = comma === '' ? Number(least) : most === '' ? Infinity : Number(most);
  return Math.min(Number(least) + more, upTo);
}

function writeAtom(reader: Reader, more: number): string {
  const letter = reader.take();
  if (letter === '(') return writeGroup(reader, more);
  if (letter === '[') return writeClass(reader);
  if (letter === '\\') return writeEscape(reader);
  if (letter === '^' || letter === '$') return '';
  return letter === '.' ? 'a' : letter;
}

function writeGroup(reader: Reader, more: number): string {
  const look = reader.match(/^\?<?[=!]/u) !== null;
  if (!look) reader.match(/^\?(?::|<\w+>)/u);
  const text = writeAlternatives(reader, more);
  reader.takes(')');
  return look ? '' : text;
}

const escapes: Readonly<Record<string, string>> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  t: '\t',
  n: '\n',
  r: '\r',
  b: '',
  B: '',
};

function writeEscape(reader: Reader): string {
  const unicode = reader.match(/^(?:u\{([\da-fA-F]+)\}|u([\da-fA-F]{4})|x([\da-fA-F]{2}))/u);
  if (unicode !== null) return String.fromCodePoint(parseInt(unicode[1] ?? unicode[2] ?? unicode[3] ?? '41', 16));
  const property = reader.match(/^[pP]\{([^}]*)\}/u);
  if (property !== null) return /^(?:N|Nd|Number)/u.test(property[1] ?? '') ? '1' : 'a';
  const letter = reader.take();
  return escapes[letter] ?? letter;
}

const favourites = 'a1Az0-_. ';

/** A letter of a class, a plain one where it has one. */
function writeClass(reader: Reader): string {
  const negated = reader.takes('^');
  let source = '';
  for (let first = true; reader.next !== '' && (first || reader.next !== ']'); first = false) {
    const letter = reader.take();
    source += letter === '\\' ? letter + reader.take() : letter;
  }
  reader.takes(']');
  const own = compile(`^[${negated ? '^' : ''}${source}]$`);
  const candidates = [...Array.from(favourites), ...Array.from(source.replaceAll('\\', '')), ...printable()];
  return candidates.find((letter) => own?.test(letter) === true) ?? '';
}

function printable(): readonly string[] {
  return Array.from({ length: 95 }, (_none, index) => String.fromCodePoint(32 + index));
}
