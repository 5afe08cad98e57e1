import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsTemplate } from './template.ts';

describe('whose an address is', () => {
  it.each([
    ['note://of/{day}', 'note://of/monday', true],
    ['note://of/{day}', 'note://off/monday', false],
    ['note://of/{day}', 'note://of', false],
    ['a://{x}/b/{y}/c', 'a://1/b/2/c', true],
    ['a://{x}/b/{y}/c', 'a://1/c', false],
    ['a://b{x}b', 'a://b', false],
    ['a://b{?q,r}', 'a://b', true],
    ['a://b', 'a://b', true],
    ['a://b', 'a://bc', false],
    ['a://{open', 'a://{open', true],
  ])('%s and %s: %s [tools.set-offerings]', (template, uri, fits) => {
    expect(fitsTemplate(template, uri)).toBe(fits);
  });

  it('fits what a template is filled in to, whatever is in it [tools.set-offerings]', () => {
    const literal = fc.string({ maxLength: 4 }).map((text) => text.replaceAll(/[{}]/gu, ''));
    const value = fc.string({ maxLength: 6 });
    fc.assert(
      fc.property(literal, fc.array(fc.tuple(value, literal), { maxLength: 4 }), (first, parts) => {
        const template = first + parts.map(([, text]) => `{x}${text}`).join('');
        const uri = first + parts.map(([filled, text]) => filled + text).join('');
        expect(fitsTemplate(template, uri)).toBe(true);
      }),
    );
  });
});
