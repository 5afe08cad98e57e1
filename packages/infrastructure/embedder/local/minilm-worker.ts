import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { toMeshError } from '@devmesh/foundation';
import { loadEngine, type Engine } from './engine.ts';
import type { MiniLmAnswer, MiniLmRequest, MiniLmStart } from './messages.ts';

const { maximumTokens } = workerData as MiniLmStart;

// One processor is left to the database and the main thread.
const threads = Math.max(1, Math.min(4, availableParallelism() - 1));
const loading = loadEngine({ maximumTokens, threads });
// Awaited only by requests; one that never comes must not end the process.
loading.catch(() => undefined);

let previous = Promise.resolve();
parentPort?.on('message', (request: MiniLmRequest) => {
  previous = previous.then(() => handle(request));
});

async function handle(request: MiniLmRequest): Promise<void> {
  if (request.kind === 'close') {
    await loading.then(
      (engine) => engine.close(),
      () => undefined,
    );
    parentPort?.close();
    return;
  }
  try {
    const vectors = await embedAll(await loading, request.texts);
    tell({ id: request.id, vectors });
  } catch (error) {
    const { code, message } = toMeshError(error);
    tell({ id: request.id, failure: { code, message } });
  }
}

async function embedAll(engine: Engine, texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
  const vectors: Float32Array[] = [];
  for (const text of texts) vectors.push(await engine.embed(text));
  const dimensions = vectors[0]?.length ?? 0;
  const joined = new Float32Array(vectors.length * dimensions);
  for (const [index, vector] of vectors.entries()) joined.set(vector, index * dimensions);
  return joined;
}

function tell(answer: MiniLmAnswer): void {
  parentPort?.postMessage(answer, 'vectors' in answer ? [answer.vectors.buffer] : []);
}
