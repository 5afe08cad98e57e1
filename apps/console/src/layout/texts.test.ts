import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonObject, prettyJson } from './json-object.ts';
import { wordsOf } from './form-text.ts';
import { agoText, untilText } from './time-text.ts';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('texts of the console', () => {
  it('tell how long ago something was in its largest unit', () => {
    const ages = [-30, 5, 45, 90, 7300, 200_000];
    expect(ages.map((age) => agoText(at(1_000_000), 1_000_000 + age))).toEqual([
      'now',
      'now',
      '45 s ago',
      '1 min ago',
      '2 h ago',
      '2 d ago',
    ]);
  });

  it('count down to the end of a lease and no further', () => {
    expect(untilText(at(1065), 1000)).toBe('1:05');
    expect(untilText(at(1000), 1000)).toBeUndefined();
  });

  it('read back every JSON object as it was typed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseJsonObject(text))).toBe(text);
        expect(JSON.parse(prettyJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['[1]', '"x"', 'null', '{', '{a:1}'])('refuse %s as arguments, with the reason', (text) => {
    expect(() => parseJsonObject(text)).toThrow(/JSON/u);
  });

  it('split capabilities at commas and spaces, each once', () => {
    const form = new FormData();
    form.set('words', ' code-review,testing  code-review, ');
    expect(wordsOf(form, 'words')).toEqual(['code-review', 'testing']);
  });
});
