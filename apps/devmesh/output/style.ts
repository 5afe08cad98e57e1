import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Whether a stream shows colors: a terminal does, unless NO_COLOR asks for none (no-color.org). */
function hasColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '';
}

/** Text for standard output in a style, where that can be seen. */
export function paint(style: Style, text: string): string {
  return hasColor(process.stdout) ? styleText(style, text) : text;
}
