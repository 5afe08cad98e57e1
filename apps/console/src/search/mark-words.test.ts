import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markWords } from './mark-words.ts';

const marked = (text: string, query: string) =>
  markWords(text, query)
    .filter((segment) => segment.marked)
    .map((segment) => segment.text);

describe('marked words', () => {
  it('keep the text whole, whatever the text and the query are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, query) => {
        const joined = markWords(text, query).map((segment) => segment.text);
        expect(joined.join('')).toBe(text);
      }),
    );
  });

  it('are found without regard to case and inside of names', () => {
    expect(marked('renewLease(LEASE, least)', 'lease')).toEqual(['Lease', 'LEASE']);
  });

  it('prefer the longer of two words that begin alike', () => {
    expect(marked('taskQueue of a task', 'task taskQueue')).toEqual(['taskQueue', 'task']);
  });

  it('leave out words of the question that say nothing about the code', () => {
    expect(marked('where the lease is', 'Where is the lease of a task?')).toEqual(['lease']);
  });

  it('take signs in a query as separators and never as a pattern', () => {
    expect(marked('a.b aXb tool.call', '(tool.*)|[')).toEqual(['tool']);
  });
});
