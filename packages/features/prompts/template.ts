/** A part of a template: a text, or the name of the argument that stands there. */
export type TemplatePart = string | { readonly argument: string };

const opening = /(\\*)\{\{/gu;
const closing = '}}';

/**
 * Reads a template: `{{name}}` stands for an argument. A backslash before `{{` makes it a text, two are one backslash. Throws a sentence
 * as `RangeError` where an argument has no end.
 */
export function readTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let said = '';
  let at = 0;
  for (const { index, 0: whole, 1: backslashes = '' } of text.matchAll(opening)) {
    // Within an argument.
    if (index < at) continue;
    said += text.slice(at, index) + '\\'.repeat(backslashes.length >> 1);
    at = index + whole.length;
    if (backslashes.length % 2 === 1) {
      said += '{{';
      continue;
    }
    const end = text.indexOf(closing, at);
    if (end === -1) throw new RangeError('There is a {{ without its }}; write \\{{ for {{ itself.');
    parts.push(said, { argument: text.slice(at, end).trim() });
    said = '';
    at = end + closing.length;
  }
  return [...parts, said + text.slice(at)].filter((part) => part !== '');
}

/** A template with the arguments' values where they stand; those are put in as they are, whatever they look like. */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return readTemplate(text)
    .map((part) =>
      typeof part === 'string' ? part : Object.hasOwn(values, part.argument) ? values[part.argument] : '',
    )
    .join('');
}
