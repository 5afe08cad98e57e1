import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unstorableTexts } from './storable-text.ts';

describe('text that no database could store', () => {
  test.each(['a\0b', '\uD800', 'a\uDC00b', '\uDC00\uD800'])('is found wherever it stands: %j', (text) => {
    const paths = (value: unknown): string[] => unstorableTexts(value, 'body').map((issue) => issue.path);
    expect(paths(text)).toEqual(['body']);
    expect(paths({ title: 'fine', input: { list: ['fine', text] } })).toEqual(['body.input.list.1']);
    expect(paths({ input: { [text]: 1 } })).toEqual(['body.input']);
  });

  test('is never found in well-formed text', () => {
    const text = fc.string({ unit: 'binary' }).map((raw) => raw.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.integer(), fc.constant(null))), (value) => {
        expect(unstorableTexts(value, 'body')).toEqual([]);
      }),
    );
  });
});
