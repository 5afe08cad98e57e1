import { createWordPiece } from './local/wordpiece.ts';
import { readVocabulary } from './local/model-files.ts';
import { createLocalEmbedder } from './local.ts';

/** How fast the local embedder loads, embeds full-length passages, and answers a question while nothing else runs. */
export async function run(): Promise<Record<string, number>> {
  const embedder = createLocalEmbedder();
  try {
    const load = await timed(() => embedder.embed(['first'], 'question'));
    const passages = Array.from({ length: 200 }, (_, index) => passage(index));
    const tokenize = createWordPiece({ vocabulary: await readVocabulary() });
    const tokens = passages.reduce((sum, text) => sum + tokenize(text, embedder.model.maximumTokens).length, 0);
    const indexing = await timed(() => embedder.embed(passages, 'passage'));
    const questions = 50;
    const asking = await timed(async () => {
      for (let index = 0; index < questions; index += 1) {
        await embedder.embed([`where is the fence of lease ${String(index)} checked?`], 'question');
      }
    });
    return {
      'load milliseconds': rounded(load),
      'texts per second': rounded((passages.length / indexing) * 1000),
      'tokens per second': rounded((tokens / indexing) * 1000),
      'milliseconds per passage': rounded(indexing / passages.length),
      'milliseconds per question': rounded(asking / questions),
    };
  } finally {
    await embedder.close();
  }
}

function passage(index: number): string {
  return `function work${String(index)}(queue) { const task = queue.take(); return task.complete(); }\n`.repeat(12);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
