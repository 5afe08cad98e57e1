import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryWords, searchableWords } from './lexical.ts';
import { kindOf, rank, type Candidate } from './rules.ts';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const candidate = fc.record({
  repositoryId: fc.constant('r'),
  path: fc.constantFrom('src/a.ts', 'src/a.test.ts', 'README.md', 'lib/b.py'),
  startLine: fc.integer({ min: 1, max: 500 }),
  similarity: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
  lexical: fraction,
  coverage: fraction,
});
const candidates = fc.uniqueArray(candidate, {
  selector: (one) => `${one.path}:${String(one.startLine)}`,
  maxLength: 40,
});

const found = (path: string, values: Partial<Candidate> = {}): Candidate => ({
  repositoryId: 'r',
  path,
  startLine: 1,
  similarity: 0.5,
  lexical: 1,
  coverage: 1,
  ...values,
});

describe('rank', () => {
  it('orders by score within 0 to 1 and keeps the limit and at most three chunks of a file', () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 20 }), (items, limit) => {
        const ranked = rank(items, { query: 'a question', limit });
        const scores = ranked.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
        expect(ranked.length).toBeLessThanOrEqual(limit);
        const mostOfOneFile = Math.max(
          0,
          ...ranked.map((one) => ranked.filter(({ path }) => path === one.path).length),
        );
        expect(mostOfOneFile).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('does not depend on the order in which candidates come', () => {
    fc.assert(
      fc.property(candidates, (items) => {
        const options = { query: 'a question', limit: 10 };
        expect(rank(items.toReversed(), options)).toEqual(rank(items, options));
      }),
    );
  });

  it('puts sources above tests and documents of equal worth, unless those are asked for', () => {
    const items = [found('src/lease.test.ts'), found('docs/lease.md'), found('src/lease.ts')];
    const first = (query: string): string | undefined => rank(items, { query, limit: 3 })[0]?.path;
    expect(first('how is a lease renewed')).toBe('src/lease.ts');
    expect(rank(items, { query: 'tests of leases', limit: 3 }).map(({ score }) => score)[0]).toBe(1);
    expect(rank([found('a.test.ts')], { query: 'tests of leases', limit: 1 })[0]?.score).toBe(1);
    expect(rank([found('a.test.ts')], { query: 'leases', limit: 1 })[0]?.score).toBeLessThan(1);
  });

  it('puts what has all the words above what is a little closer in meaning', () => {
    const items = [
      found('src/a.ts', { similarity: 0.52, lexical: 0.1, coverage: 0.2 }),
      found('src/b.ts', { lexical: 2 }),
    ];
    expect(rank(items, { query: 'q', limit: 2 }).map(({ path }) => path)).toEqual(['src/b.ts', 'src/a.ts']);
  });

  it.each([
    ['neither meaning nor words fit', { similarity: 0.15, lexical: 0.1, coverage: 0.4 }, 0],
    ['a little of both fits', { similarity: 0.3, lexical: 0.1, coverage: 0.4 }, 1],
    ['only the meaning fits', { similarity: 0.45, lexical: 0, coverage: 0 }, 1],
    ['only the words fit', { similarity: -0.1, lexical: 1, coverage: 1 }, 1],
    ['half of the words fit and the embedding is of another model', { similarity: null, lexical: 1, coverage: 0.5 }, 1],
    ['few words fit and the embedding is of another model', { similarity: null, lexical: 1, coverage: 0.4 }, 0],
  ])('where %s', (_case, values, count) => {
    expect(rank([found('a.ts', values)], { query: 'q', limit: 5 })).toHaveLength(count);
  });
});

describe('kindOf', () => {
  it.each([
    ['src/a.ts', 'source'],
    ['src/latest/contest.ts', 'source'],
    ['src/a.test.ts', 'test'],
    ['tests/a.py', 'test'],
    ['pkg/a_test.go', 'test'],
    ['test_views.py', 'test'],
    ['README.md', 'document'],
    ['docs/conf.py', 'document'],
  ])('%s is a %s', (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });
});

describe('words of a question', () => {
  it.each([
    ['staleFence', 'stale_fence'],
    ['stale-fence', 'STALE_FENCE'],
    ['HTTPServer', 'httpServer'],
  ])('%s and %s are searched alike', (one, other) => {
    expect(new Set(queryWords(one))).toEqual(new Set(queryWords(other)));
  });

  it('every word of a question that stands in a text is among the words of that text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const indexed = new Set(searchableWords(text).split(' '));
        expect(queryWords(text).filter((word) => !indexed.has(word))).toEqual([]);
      }),
    );
  });

  it('are letters and digits only, and bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const asked = queryWords(text);
        expect(asked.length).toBeLessThanOrEqual(24);
        expect(asked.filter((word) => !/^[\p{L}\p{N}]{1,60}$/u.test(word))).toEqual([]);
      }),
    );
  });
});
