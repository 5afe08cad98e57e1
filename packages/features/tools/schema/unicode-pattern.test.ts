import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unicodePattern } from './unicode-pattern.ts';

describe('a pattern', () => {
  it.each([
    ['^[a-z]+$', '^[a-z]+$'],
    ['a\\-b\\_c\\@\\"', 'a-b_c@"'],
    ['[\\-\\_\\.]', '[\\-_\\.]'],
    ['a]|b}|{', 'a\\]|b\\}|\\{'],
    ['^a{2,3}b{4}$', '^a{2,3}b{4}$'],
    ['\\d\\x41\\x4', '\\d\\x41x4'],
    ['\\p{L}\\u0041', '\\p{L}\\u0041'],
    ['\\u41-\\-', 'u41--'],
    ['\\d]', '\\d\\]'],
    ['(?i)a\\-', undefined],
    ['[a-', undefined],
  ])('%s is %s in strict words', (source, expected) => {
    expect(unicodePattern(source)).toBe(expected);
  });

  it('in strict words matches what it matched', () => {
    const letter = fc.constantFrom(
      'a',
      'b',
      '-',
      '_',
      '\\-',
      '\\_',
      '\\@',
      '@',
      '"',
      '\\"',
      '\\.',
      ']',
      '}',
      '[a\\-_]',
      '[\\@b]+',
      '\\d',
    );
    const pattern = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', '-', '_', '@', '"', '.', ']', '}', '1'), { maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (source, letters) => {
        const strict = unicodePattern(source) ?? 'none';
        expect(new RegExp(strict, 'u').test(letters.join(''))).toBe(new RegExp(source).test(letters.join('')));
      }),
    );
  });
});
