import { parentPort } from 'node:worker_threads';
import { loadCedar } from './cedar.ts';
import { compilePolicies } from './compile.ts';
import type { CompileAnswer, CompileRequest } from './compiler.ts';

function post(message: CompileAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message);
}

async function answer({ id, text }: CompileRequest): Promise<CompileAnswer> {
  try {
    return { id, compilation: compilePolicies(await loadCedar(), text) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (request: CompileRequest) => {
  void answer(request).then(post);
});
