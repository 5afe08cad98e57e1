import { cut, isBlank, isCloser, levelOf } from './chunk-line.ts';

interface Place {
  readonly path: string;
  readonly lines: readonly string[];
  /** The first line of the chunk, counted from 0. */
  readonly start: number;
  /** The line after its last. */
  readonly end: number;
}

const longest = 120;
const deepest = 3;

/** What a chunk lies in and begins with: headings in Markdown, elsewhere declarations by their indentation. */
export function headingAt(place: Place): string {
  const names = /\.(?:md|mdx|markdown)$/iu.test(place.path) ? markdownHeadings(place) : declarations(place);
  return names.slice(-deepest).map(tidy).join(' > ');
}

function markdownHeadings({ lines, start }: Place): string[] {
  const found: string[] = [];
  let depth = 7;
  for (let index = start; index >= 0 && depth > 1; index -= 1) {
    const [, marks = '', title = ''] = /^(#{1,6})\s+(\S.*)$/u.exec(lines[index] ?? '') ?? [];
    if (title === '' || marks.length >= depth) continue;
    depth = marks.length;
    found.unshift(title);
  }
  return found;
}

function declarations({ lines, start, end }: Place): string[] {
  const own = lines.slice(start, end).find(isDeclaration);
  const found = own === undefined ? [] : [own];
  let level = levelOf(own ?? lines[start] ?? '');
  for (let index = start - 1; index >= 0 && level > 0; index -= 1) {
    const line = lines[index] ?? '';
    if (isBlank(line) || levelOf(line) >= level) continue;
    level = levelOf(line);
    if (isDeclaration(line)) found.unshift(line);
  }
  return found;
}

const notDeclaring =
  /^\s*(?:\/\/|\/?\*|#|--|;|%|<!--|"""|'''|@|(?:import|from|use|using|package|require|if|for|foreach|while|switch|case|do|try|with|return|throw|raise|await|yield)\b)/u;

const declaring =
  /[^,(=\s]\s*[{:]\s*$|^\s*(?:export|default|public|private|protected|internal|static|abstract|final|async|class|interface|type|enum|function|func|fun|fn|def|struct|impl|trait|record|object|module|namespace|const|let|var|val|create|resource|variable)\b/iu;

function isDeclaration(line: string): boolean {
  return /[\p{L}\p{N}_$]/u.test(line) && declaring.test(line) && !notDeclaring.test(line) && !isCloser(line);
}

function tidy(line: string): string {
  return cut(line.trim().replace(/\s*(?:=>)?\s*[{:(]$/u, ''), longest);
}
