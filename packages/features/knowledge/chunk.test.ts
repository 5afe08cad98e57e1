import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { embeddingText, words } from './chunk-embedding.ts';
import { chunk } from './chunk.ts';
import { chunkLimits } from './chunker.ts';

const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('', '  ', '\t', '}', '  }', 'function f() {', '  return 1;', '    if (x) {', '# Title'),
  },
  {
    weight: 4,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 90 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1700, max: 6000 }).map((length) => 'y'.repeat(length % 3) + 'x😀'.repeat(length / 3)),
  },
);
const file = fc.record({
  path: fc.constantFrom('src/a.ts', 'lib/b.py', 'README.md', 'Makefile', 'data/c.min.js'),
  lines: fc.array(line, { maxLength: 250, size: 'max' }),
  newline: fc.constantFrom('\n', '\r\n'),
});

function largeFunction(name: string): string {
  return [`function ${name}() {`, ...Array<string>(30).fill('  work();'), '}'].join('\n');
}

function method(name: string): string[] {
  return [`  ${name}() {`, ...Array<string>(12).fill('    this.step();'), '', '    this.end();', '  }', ''];
}

describe('chunk', () => {
  test('ranges ascend, never overlap and cover every line that is not blank', () => {
    fc.assert(
      fc.property(file, ({ path, lines, newline }) => {
        const chunks = chunk({ path, text: lines.join(newline) });
        const bounds = chunks.flatMap(({ startLine, endLine }) => [startLine - 0.5, endLine + 0.5]);
        expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
        expect(bounds.every((bound) => bound > 0 && bound < lines.length + 1)).toBe(true);
        const isCovered = (number: number): boolean =>
          chunks.some(({ startLine, endLine }) => startLine <= number && number <= endLine);
        const missing = lines.filter((text, index) => text.trim() !== '' && !isCovered(index + 1));
        expect(missing).toEqual([]);
      }),
    );
  });

  test('each chunk keeps the limits and holds exactly its lines, of which only a single too long one is cut', () => {
    fc.assert(
      fc.property(file, ({ path, lines, newline }) => {
        const chunks = chunk({ path, text: lines.join(newline) });
        const broken = chunks.filter(({ startLine, endLine, text }) => {
          const whole = lines.slice(startLine - 1, endLine).join('\n');
          const isCut = text.length < whole.length;
          const tooLong = endLine - startLine >= chunkLimits.lines || text.length > chunkLimits.characters;
          const wronglyCut = isCut && (startLine !== endLine || text.length < chunkLimits.characters - 1);
          return tooLong || wronglyCut || !whole.startsWith(text) || /[\uD800-\uDBFF]$/u.test(text);
        });
        expect(broken).toEqual([]);
      }),
    );
  });

  test('an empty or blank file has no chunks', () => {
    expect(chunk({ path: 'a.ts', text: '' })).toEqual([]);
    expect(chunk({ path: 'a.ts', text: '\n \r\n\t\n' })).toEqual([]);
  });

  test('small declarations stay together, large ones begin a chunk of their own', () => {
    const text = [
      "import { a } from './a.ts';",
      '',
      'const one = 1;',
      '',
      largeFunction('first'),
      '',
      '/** Why. */',
      largeFunction('second'),
      '',
    ];
    const chunks = chunk({ path: 'src/jobs.ts', text: text.join('\n') });
    expect(chunks.map(({ startLine, endLine, heading }) => [startLine, endLine, heading])).toEqual([
      [1, 3, 'const one = 1;'],
      [5, 36, 'function first()'],
      [38, 70, 'function second()'],
    ]);
  });

  test('a declaration beyond the limits is cut at blank lines of the least indentation, and its parts name what they lie in', () => {
    const text = ['class Queue {', ...['add', 'take', 'drop', 'list', 'close'].flatMap(method), '}'].join('\n');
    const chunks = chunk({ path: 'queue.ts', text });
    expect(chunks.map(({ startLine, heading }) => [startLine, heading])).toEqual([
      [1, 'class Queue'],
      [53, 'class Queue > list()'],
    ]);
  });

  test('chunks of a Markdown file carry the headings above them', () => {
    const text = [
      '# Guide',
      '',
      'Start.',
      '',
      '## Install',
      '',
      'word '.repeat(160),
      '',
      '### From source',
      '',
      'word '.repeat(160),
    ];
    const headings = chunk({ path: 'GUIDE.md', text: text.join('\n') }).map(({ heading }) => heading);
    expect(headings.at(0)).toBe('Guide');
    expect(headings.at(-1)).toBe('Guide > Install > From source');
  });
});

describe('embeddingText', () => {
  test('puts the words of path and heading before the text', () => {
    const heading = 'class UserStore > async findByEmailHTTP(email)';
    expect(embeddingText('src/user_store.ts', { heading, text: 'body' })).toBe(
      'src user store ts: class user store async find by email http email\nbody',
    );
  });

  test.each([
    ['getUserById', 'get user by id'],
    ['HTTPServer2Port', 'http server2 port'],
    ['snake_case-and.dots', 'snake case and dots'],
    ['', ''],
  ])('splits “%s” into “%s”', (names, expected) => {
    expect(words(names)).toBe(expected);
  });
});
