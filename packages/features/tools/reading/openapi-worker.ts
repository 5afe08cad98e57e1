import { parentPort, workerData } from 'node:worker_threads';
import { MeshError } from '@devmesh/foundation';
import { readDocument } from './read-document.ts';
import type { DocumentRequest, ReaderMessage, ReadTool } from './reader-messages.ts';

/** Small enough that taking one message holds up the receiving thread for about a millisecond. */
const batchCharacters = 500_000;

function post(message: ReaderMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message);
}

function read(request: DocumentRequest): void {
  const reading = readDocument(request);
  post({ kind: 'head', head: reading.head });
  let batch: ReadTool[] = [];
  let size = 0;
  for (const tool of reading.tools) {
    batch.push(tool);
    size += tool.inputSchema.length;
    if (size < batchCharacters) continue;
    post({ kind: 'tools', tools: batch });
    batch = [];
    size = 0;
  }
  post({ kind: 'tools', tools: batch });
  post({ kind: 'report', report: { skipped: reading.skipped, loosened: reading.loosened } });
}

try {
  read(workerData as DocumentRequest);
} catch (error) {
  if (error instanceof MeshError) post({ kind: 'failed', code: error.code, detail: error.message });
  else if (error instanceof RangeError) {
    post({ kind: 'failed', code: 'broken_document', detail: 'The document is nested too deeply to be read.' });
  } else throw error;
}
