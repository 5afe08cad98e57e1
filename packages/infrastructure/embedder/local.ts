import type { Worker } from 'node:worker_threads';
import { MeshError } from '@devmesh/foundation';
import { createQueue } from './local/queue.ts';
import { miniLm } from './local/minilm.ts';
import { startMiniLm, type MiniLmThread } from './local/thread.ts';
import type { Embedder, EmbeddingModel } from './port.ts';

interface LocalEmbedderOptions {
  /** Texts that may wait at once; a call that would pass it is refused with `unavailable`. */
  readonly maximumWaiting?: number;
  /** Is told of every thread that is started. */
  readonly onThread?: (worker: Worker) => void;
}

const model: EmbeddingModel = {
  provider: 'local',
  name: 'all-MiniLM-L6-v2',
  dimensions: miniLm.dimensions,
  maximumTokens: 128,
};

/**
 * Embeds on this machine, without network or key: all-MiniLM-L6-v2 in a worker thread, loaded at the first call.
 * Questions go before passages; calls that wait take turns.
 */
export function createLocalEmbedder({ maximumWaiting = 20_000, onThread }: LocalEmbedderOptions = {}): Embedder {
  let thread: MiniLmThread | undefined;
  let closing: Promise<void> | undefined;

  const embedSlice = async (texts: readonly string[]): Promise<readonly Float32Array[]> => {
    // A thread that died is replaced, so that one crash costs only the calls that were in it.
    if (thread?.alive !== true) thread = startMiniLm({ maximumTokens: model.maximumTokens }, onThread);
    const joined = await thread.embed(texts);
    return texts.map((_, index) => joined.slice(index * model.dimensions, (index + 1) * model.dimensions));
  };
  const queue = createQueue({ embedSlice, maximumWaiting });

  return {
    model,
    embed: (texts, purpose, signal) => queue.add({ texts, urgent: purpose === 'question', signal }),
    close: () => {
      closing ??= (async () => {
        queue.close(new MeshError('unavailable', 'The local embedder is closed.'));
        await thread?.close();
      })();
      return closing;
    },
  };
}
