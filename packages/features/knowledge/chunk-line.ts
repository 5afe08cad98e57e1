/** Whether a line shows nothing. */
export function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** How far a line is indented, in columns; a tab counts as four. */
export function levelOf(line: string): number {
  const indent = /^[ \t]*/u.exec(line)?.[0] ?? '';
  return indent.replaceAll('\t', '    ').length;
}

/** Whether a line only ends what earlier lines opened, so that nothing new starts with it. */
export function isCloser(line: string): boolean {
  return /^\s*(?:[)\]}>]|end\b|else\b|elif\b|except\b|finally\b|fi\b|done\b|esac\b|\*\/|"""|''')/u.test(line);
}

/** The first `length` characters of a text, never with half a surrogate pair at the end. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
