const identity = /[$()*+./?[\\\]^{|}]/u;
const meaningful = /[dDwWsSbBfnrtv0-9cxupPk]/u;

/**
 * A pattern as JSON Schema 2020-12 means it (ECMA-262 with the `u` flag). Many are written for engines that take needless
 * escapes and loose brackets; undefined for what is no regular expression even so.
 */
export function unicodePattern(source: string): string | undefined {
  return [source, strictlyWritten(source)].find(compiles);
}

function compiles(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Without the escapes that mean nothing, and with those that loose brackets need. */
function strictlyWritten(source: string): string {
  let inClass = false;
  return source.replaceAll(/\\[\s\S]|\{\d+(?:,\d*)?\}|[\s\S]/gu, (piece, at: number) => {
    if (piece.startsWith('\\')) return escape(piece, source.slice(at), inClass);
    if (inClass) {
      inClass = piece !== ']';
      return piece;
    }
    inClass = piece === '[';
    return piece === ']' || piece === '{' || piece === '}' ? `\\${piece}` : piece;
  });
}

function escape(piece: string, rest: string, inClass: boolean): string {
  const letter = piece.slice(1);
  if (identity.test(letter) || (letter === '-' && inClass)) return piece;
  if (!meaningful.test(letter)) return letter;
  const needs = more[letter];
  return needs === undefined || needs.test(rest) ? piece : letter;
}

/** Escapes that mean something only with what follows them. */
const more: Readonly<Record<string, RegExp>> = {
  c: /^\\c[a-zA-Z]/u,
  x: /^\\x[\da-fA-F]{2}/u,
  u: /^\\u(?:[\da-fA-F]{4}|\{[\da-fA-F]+\})/u,
  p: /^\\p\{\w+(?:=\w+)?\}/u,
  P: /^\\P\{\w+(?:=\w+)?\}/u,
  k: /^\\k<\w+>/u,
};
