import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedPattern, isCheap } from './guarded-pattern.ts';

const test = (pattern: string, text: string): boolean => guardedPattern(pattern, 'u').test(text);

describe('patterns of documents', () => {
  // Each of these takes a backtracking engine longer than a test may last.
  it.each([
    ['^(a+)+$', `${'a'.repeat(5_000)}!`],
    ['^(a|a)*$', `${'a'.repeat(5_000)}!`],
    ['(x+x+)+y', 'x'.repeat(5_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(5_000)],
    ['(.*a){12}', 'b'.repeat(5_000)],
  ])('that backtrack without end are judged in time by the text: %s', (pattern, text) => {
    expect(test(pattern, text)).toBe(false);
    expect(test('^(a+)+$', 'aaa')).toBe(true);
  });

  it.each([
    ['^(?!sink_)[a-z_]+$', 'sink_a', 'other'],
    ['^[a-z](?=b)b$', 'ac', 'ab'],
  ])('that RE2 does not know run where they are cheap: %s', (pattern, wrong, right) => {
    expect([test(pattern, wrong), test(pattern, right)]).toEqual([false, true]);
  });

  it.each([
    '(a)\\1+$',
    '(?=(a+)+$)x',
    '(?!(a{1,50}){1,50})x',
    '(',
    '[z-a]',
    `(?!${'x'.repeat(3_000)})`,
    '^(?!a)(.*a){12}$',
  ])('that nothing runs safely judge nothing: %s', (pattern) => {
    for (const text of ['!', '!'.repeat(300)]) expect(test(pattern, text)).toBe(true);
  });

  it('judge no text that is longer than a service would take', () => {
    expect(test('^a$', 'b'.repeat(10_001))).toBe(true);
    expect(test('^(?!a)b$', 'b'.repeat(300))).toBe(true);
  });

  it.each(['^[a-z]+$', '^[^@]+@[^@]+$', '^\\d{3}-\\d{4}$', '^(open|closed)$', '^[+*?(){}]$', '\\(\\)\\+'])(
    'know %s for cheap',
    (pattern) => {
      expect(isCheap(pattern)).toBe(true);
    },
  );

  it.each(['(a+)+$', '^(a|a)*$', '(a{1,50}){1,50}', '(.*a){12}', 'a?a?a?a?aaaa', '(a)\\1+', '(?:a*)*', '(?<x>a+)+'])(
    'know %s for dear',
    (pattern) => {
      expect(isCheap(pattern)).toBe(false);
    },
  );

  it('agree with the plain engine on short texts', () => {
    const patterns = fc.constantFrom(
      '^[a-z]+$',
      '^a{2,3}b*$',
      '^(x|y)$',
      '^[\\w.-]{1,4}$',
      '^\\p{L}+$',
      '[^/]',
      '^.$',
      '\\u0041|\\x42',
      '^(?<y>a|b)c?$',
      '^\\S*$',
      '^[a\\-z\\/]*$',
      '^(?!a)b*$',
    );
    const texts = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b', 'x', 'A', '-', '/', 'ж', '😀')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(test(pattern, text)).toBe(new RegExp(pattern, 'u').test(text));
      }),
      { numRuns: 500 },
    );
  });
});
