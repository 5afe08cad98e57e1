/** TypeScript without what could be mistaken for code: comments are gone, each string is `"n"` with its text in `strings[n]`. */
export interface MaskedSource {
  readonly code: string;
  readonly strings: readonly string[];
}

interface Reader {
  readonly text: string;
  at: number;
  code: string;
  readonly strings: string[];
}

const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;
// JSX text has no quotes of its own meaning, so a quote that does not close on its line was none.
const quoted = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const comment = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y;

/** Masks one module. */
export function maskSource(text: string): MaskedSource {
  const reader: Reader = { text, at: 0, code: '', strings: [] };
  readCode(reader, false);
  return { code: reader.code, strings: reader.strings };
}

/** Reads to the end, or inside a template to the brace that closes the substitution. */
function readCode(reader: Reader, inTemplate: boolean): void {
  let depth = 0;
  while (reader.at < reader.text.length) {
    if (readLiteral(reader)) continue;
    const char = reader.text.charAt(reader.at);
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (inTemplate && depth < 0) return;
    reader.code += char;
    reader.at += 1;
  }
}

function readLiteral(reader: Reader): boolean {
  const char = reader.text.charAt(reader.at);
  if (char === '`') return readTemplate(reader);
  if (char === "'" || char === '"') {
    const found = take(reader, quoted);
    if (found === undefined) return false;
    keep(reader, found.slice(1, -1));
    return true;
  }
  if (char !== '/') return false;
  if (take(reader, comment) !== undefined) {
    reader.code += ' ';
    return true;
  }
  if (!beforeRegex.test(reader.code.slice(-20)) || take(reader, regex) === undefined) return false;
  reader.code += '/r/';
  return true;
}

function readTemplate(reader: Reader): boolean {
  const { text } = reader;
  let words = '';
  reader.at += 1;
  while (reader.at < text.length && text.charAt(reader.at) !== '`') {
    if (text.startsWith('${', reader.at)) {
      reader.at += 2;
      reader.code += ' ';
      readCode(reader, true);
      words += '${}';
    } else {
      if (text.charAt(reader.at) === '\\') reader.at += 1;
      words += text.charAt(reader.at);
    }
    reader.at += 1;
  }
  reader.at += 1;
  keep(reader, words);
  return true;
}

function keep(reader: Reader, words: string): void {
  reader.code += `"${String(reader.strings.length)}"`;
  reader.strings.push(words);
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}
