import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Whether a stream shows colors: a terminal does, unless NO_COLOR asks for none (no-color.org). */
function hasColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '';
}

/** Text for standard output in a style, where that can be seen. */
export function paint(style: Style, text: string): string {
  return hasColor(process.stdout) ? styleText(style, text) : text;
}

/** Text that carries styles already, without them where the stream shows none. */
export function styledFor(stream: NodeJS.WriteStream, text: string): string {
  return hasColor(stream) ? text : stripVTControlCharacters(text);
}
