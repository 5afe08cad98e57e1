import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Embedder } from './port.ts';

interface EmbedderContract {
  readonly name: string;
  readonly create: () => Embedder | Promise<Embedder>;
}

const pairs = [
  { text: 'How do I cancel an order?', alike: 'Calling off a purchase', unlike: 'The volcano erupted at night' },
  { text: 'retry with exponential backoff', alike: 'wait longer after each failed attempt', unlike: 'parse a date' },
  { text: 'function hashPassword(password)', alike: 'storing credentials safely', unlike: 'drawing a line chart' },
];

/** What every embedder promises. */
export function embedderContract({ name, create }: EmbedderContract): void {
  describe(`embedder contract: ${name}`, () => {
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await create();
    });
    afterAll(() => embedder.close());

    test('every vector has the declared dimensions and unit length', async () => {
      const vectors = await embedder.embed(['a sentence', '', '   ', '字', '\u0000\uD800'], 'passage');
      expect(vectors).toHaveLength(5);
      for (const vector of vectors) {
        expect(vector).toHaveLength(embedder.model.dimensions);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
      }
    });

    test('vectors come in the order of the texts, however many there are', async () => {
      const texts = Array.from({ length: 19 }, (_, index) => `chapter ${String(index)} of the book`);
      const together = await embedder.embed(texts, 'passage');
      const [alone] = await embedder.embed([texts[11] ?? ''], 'passage');
      const likeness = together.map((vector) => dot(vector, alone));
      expect(likeness.indexOf(Math.max(...likeness))).toBe(11);
    });

    test('the same text gives the same vector, whatever is embedded beside it [embedder.local]', async () => {
      const [alone] = await embedder.embed(['the same text'], 'passage');
      const beside = await embedder.embed(['something much longer that comes first', 'the same text'], 'passage');
      expect(dot(alone, beside[1])).toBeGreaterThan(0.9999);
    });

    test.each(pairs)('$text is closer to $alike than to $unlike', async ({ text, alike, unlike }) => {
      const [question] = await embedder.embed([text], 'question');
      const [near, far] = await embedder.embed([alike, unlike], 'passage');
      expect(dot(question, near)).toBeGreaterThan(dot(question, far) + 0.1);
    });

    test('no texts give no vectors', async () => {
      expect(await embedder.embed([], 'passage')).toEqual([]);
    });

    test('a text beyond the limit is cut, not refused', async () => {
      const start = 'the lease of a task '.repeat(embedder.model.maximumTokens);
      const [one, other] = await embedder.embed([`${start} apples`, `${start} planets and stars`], 'passage');
      expect(dot(one, other)).toBeGreaterThan(0.9999);
    });

    test('an aborted call rejects with the reason of its signal, and later calls still work', async () => {
      const reason = new Error('no longer needed');
      const already = embedder.embed(['text'], 'passage', AbortSignal.abort(reason));
      await expect(already).rejects.toBe(reason);
      const controller = new AbortController();
      const underway = embedder.embed(Array<string>(500).fill('text'), 'passage', controller.signal);
      controller.abort(reason);
      await expect(underway).rejects.toBe(reason);
      expect(await embedder.embed(['text'], 'question')).toHaveLength(1);
    });

    test('calls at the same time each get their own vectors', async () => {
      const texts = ['red', 'green', 'blue', 'yellow'];
      const answers = await Promise.all(texts.map((text) => embedder.embed([text, 'x'], 'passage')));
      const alone = await embedder.embed(texts, 'passage');
      for (const [index, answer] of answers.entries()) expect(dot(answer[0], alone[index])).toBeGreaterThan(0.9999);
    });

    test('once closed it refuses with `unavailable`, and closing twice is harmless', async () => {
      const other = await create();
      const waiting = other.embed(Array<string>(200).fill('text'), 'passage');
      const [outcome] = await Promise.allSettled([waiting, other.close()]);
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
      await other.close();
      await expect(other.embed(['text'], 'question')).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}

function dot(one: Float32Array | undefined, other: Float32Array | undefined): number {
  if (one === undefined || other?.length !== one.length) throw new Error('a vector is missing');
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}
