import { MeshError } from '@devmesh/foundation';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildMiniLm } from './minilm.ts';
import { readVocabulary, readWeights } from './model-files.ts';
import { createWordPiece } from './wordpiece.ts';

interface EngineOptions {
  readonly maximumTokens: number;
  /** Processor threads that one text may use. */
  readonly threads: number;
}

/** The loaded model. It computes on the calling thread, so it belongs in a worker. */
export interface Engine {
  /** A unit-length vector that depends on the text alone, not on what else is being embedded. */
  embed(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Loads runtime, weights and vocabulary. Throws `unavailable` where one of them is missing or not the pinned one. */
export async function loadEngine(options: EngineOptions): Promise<Engine> {
  const runtime = await importRuntime();
  const [weights, vocabulary] = await Promise.all([readWeights(), readVocabulary()]);
  const tokenize = createWordPiece({ vocabulary });
  const session = await runtime.InferenceSession.create(buildMiniLm(weights), {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    // One text at a time: padding would waste work, and activations are quantized over all that runs together.
    embed: async (text) => {
      const ids = BigInt64Array.from(tokenize(text, options.maximumTokens), BigInt);
      const { vector } = await session.run({ tokens: new runtime.Tensor('int64', ids, [1, ids.length]) });
      if (!(vector?.data instanceof Float32Array)) throw new MeshError('internal', 'The local model gave no vector.');
      return vector.data;
    },
    close: () => session.release(),
  };
}

interface Runtime {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
}

async function importRuntime(): Promise<Runtime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const system = `${process.platform} ${process.arch}`;
    const detail = `The local embedder does not run on ${system}; configure an embedding provider.`;
    throw new MeshError('unavailable', detail, { cause });
  }
}
