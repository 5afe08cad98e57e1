import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate, readTemplate } from './template.ts';

/** How somebody writes a text that is to come out as it is. */
const escaped = (text: string): string =>
  text.replaceAll(/(\\*)\{\{/gu, (_whole, backslashes: string) => `${backslashes}${backslashes}\\{{`);

/** Texts in which what matters is frequent. */
const tricky = fc
  .array(fc.oneof(fc.constantFrom('{', '{{', '}', '}}', '\\', '\\\\', 'a', '{{a}}'), fc.string({ unit: 'grapheme' })))
  .map((parts) => parts.join(''));

describe('a template', () => {
  it('puts values in as they are, and every other text out as it was meant [prompts.literal]', () => {
    const part = fc.oneof(
      tricky.map((text) => ({ text })),
      fc.constantFrom('a', 'b-1').map((argument) => ({ argument })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), tricky, (parts, value) => {
        // A brace or a backslash before an argument would belong to it: writers put something between.
        const written = parts
          .map((one) => ('text' in one ? `${escaped(one.text)}|` : `{{ ${one.argument} }}`))
          .join('');
        const meant = parts.map((one) => ('text' in one ? `${one.text}|` : one.argument === 'a' ? value : '')).join('');
        expect(fillTemplate(written, { a: value })).toBe(meant);
      }),
    );
  });

  it('reads backslashes before arguments in pairs, and elsewhere as they are', () => {
    expect(fillTemplate(String.raw`\\{{a}} \{{a}} \\\{{a}} C:\dir\ }} {`, { a: 'x' })).toBe(
      String.raw`\x {{a}} \{{a}} C:\dir\ }} {`,
    );
  });

  it('finds arguments, one after the other, and none that has no end', () => {
    expect(readTemplate('{{a}}{{ b }}c')).toEqual([{ argument: 'a' }, { argument: 'b' }, 'c']);
    expect(readTemplate('{{a{{b}}')).toEqual([{ argument: 'a{{b' }]);
    expect(() => readTemplate('a {{b')).toThrow(/without its \}\}/u);
  });
});
