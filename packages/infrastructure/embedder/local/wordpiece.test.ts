import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readVocabulary } from './model-files.ts';
import { createWordPiece, type Tokenize } from './wordpiece.ts';

// ASCII and every other code point, lone surrogates among them.
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0x10_ff_ff })))
  .map((points) => String.fromCodePoint(...points));

describe('the WordPiece tokenizer', () => {
  let tokenize: Tokenize;
  let known: ReadonlySet<number>;
  beforeAll(async () => {
    const vocabulary = await readVocabulary();
    tokenize = createWordPiece({ vocabulary });
    known = new Set(vocabulary.values());
  });

  // The ids that the reference implementation (Hugging Face tokenizers 0.23) gives.
  test.each([
    ['Hello, World!', [101, 7592, 1010, 2088, 999, 102]],
    ['naïve café ÅNGSTRÖM', [101, 15743, 7668, 17076, 15687, 102]],
    ['東京 is 首都', [101, 1879, 1755, 2003, 100, 1961, 102]],
    [
      'getUserById(id) => user?.name ?? "x"',
      [
        101, 2131, 20330, 3762, 3593, 1006, 8909, 1007, 1027, 1028, 5310, 1029, 1012, 2171, 1029, 1029, 1000, 1060,
        1000, 102,
      ],
    ],
    ['a\u200Bb\tc\r\nd', [101, 11113, 1039, 1040, 102]],
    ['😀 emoji', [101, 100, 7861, 29147, 2072, 102]],
    ['x'.repeat(101), [101, 100, 102]],
    ['ΟΔΟΣ İstanbul', [101, 1169, 29722, 29730, 29733, 9960, 102]],
    ['unaffable 1,234.56e-7', [101, 14477, 20961, 3468, 1015, 1010, 22018, 1012, 5179, 2063, 1011, 1021, 102]],
    ['', [101, 102]],
  ])('encodes %j as the reference does', (text, ids) => {
    expect(tokenize(text, 128)).toEqual(ids);
  });

  test('any text becomes known ids between [CLS] and [SEP], never more than the limit', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 12 }), (text, limit) => {
        const ids = tokenize(text, limit);
        expect(ids.length).toBeLessThanOrEqual(limit);
        expect([ids[0], ids.at(-1)]).toEqual([101, 102]);
        expect(ids.every((id) => known.has(id))).toBe(true);
      }),
    );
  });

  test('a shorter limit keeps the start of the same ids', () => {
    const text = 'the lease of a task has a fence, which grows';
    const whole = tokenize(text, 128);
    expect(tokenize(text, 6)).toEqual([...whole.slice(0, 5), 102]);
  });

  test('a vocabulary without the special tokens is refused', () => {
    expect(() => createWordPiece({ vocabulary: new Map([['a', 0]]) })).toThrow(/lacks \[CLS\]/);
  });
});
