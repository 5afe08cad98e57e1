const name = '[\\p{L}_:][\\p{L}\\p{N}._:-]*';
const attributes = new RegExp(`^(?:\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*\\s*$`, 'u');
const opening = new RegExp(`^(${name})([^]*?)(/?)$`, 'u');
const entity = /&(?!(?:#\d+|#x[0-9a-fA-F]+|[\p{L}_:][\p{L}\p{N}._:-]*);)/u;

/** What keeps a text from being well-formed XML; undefined where nothing does. */
export function xmlFault(text: string): string | undefined {
  const state = { open: [] as string[], roots: 0 };
  let rest = text.replace(/^\uFEFF/u, '').trimStart();
  while (rest !== '') {
    const next = stepOver(state, rest);
    if (typeof next === 'string') return next;
    rest = rest.slice(next);
  }
  if (state.open.length > 0) return `does not close <${state.open.at(-1) ?? ''}>`;
  return state.roots === 1 ? undefined : 'must have one root element';
}

interface State {
  readonly open: string[];
  roots: number;
}

/** How much of the text the next words or markup take, or what is wrong with them. */
function stepOver(state: State, rest: string): number | string {
  const before = rest.indexOf('<');
  if (before !== 0)
    return wordsFault(state, before < 0 ? rest : rest.slice(0, before)) ?? (before < 0 ? rest.length : before);
  const aside = asideLength(rest);
  if (aside === undefined) return 'holds a comment, section or instruction that does not end';
  if (aside > 0) return aside;
  const end = tagEnd(rest);
  if (end < 0) return 'holds a tag that does not end';
  const fault = step(state.open, rest.slice(1, end));
  if (fault !== undefined) return fault;
  if (state.open.length === 0) state.roots += 1;
  return end + 1;
}

function wordsFault({ open }: State, words: string): string | undefined {
  if (entity.test(words)) return 'holds an ampersand that begins no reference';
  return open.length === 0 && words.trim() !== '' ? 'has text outside of its root element' : undefined;
}

/** How long a comment, section or instruction at the start is: 0 where there is none, undefined where it does not end. */
function asideLength(text: string): number | undefined {
  const ends = { '<!--': '-->', '<![CDATA[': ']]>', '<?': '?>', '<!DOCTYPE': '>' };
  const found = Object.entries(ends).find(([start]) => text.startsWith(start));
  if (found === undefined) return 0;
  const end = text.indexOf(found[1], found[0].length);
  return end < 0 ? undefined : end + found[1].length;
}

/** Where the tag at the start ends; quoted values may hold `>`. */
function tagEnd(text: string): number {
  let quote = '';
  for (let at = 1; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return at;
  }
  return -1;
}

function step(open: string[], tag: string): string | undefined {
  if (tag.startsWith('/')) {
    const closed = tag.slice(1).trimEnd();
    const wanted = open.pop();
    return closed === wanted ? undefined : `closes <${closed}> where <${wanted ?? ''}> is open`;
  }
  const [, element, inside = '', slash] = opening.exec(tag) ?? [];
  if (element === undefined || !attributes.test(inside)) return `holds a tag that is none: <${tag.slice(0, 40)}>`;
  if (slash !== '/') open.push(element);
  return undefined;
}
