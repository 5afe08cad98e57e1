import { parentPort, workerData } from 'node:worker_threads';
import { MeshError } from '@devmesh/foundation';
import { linkDocuments, type LoadDocuments } from './linked-documents.ts';
import { openDocument, readDocument, type DocumentReading } from './read-document.ts';
import type { LoadedMessage, ReaderMessage, ReadTool, ThreadRequest } from './reader-messages.ts';

/** Small enough that taking one message holds up the receiving thread for about a millisecond. */
const batchCharacters = 500_000;

function post(message: ReaderMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message);
}

const load: LoadDocuments = (addresses) =>
  new Promise((resolve) => {
    parentPort?.once('message', (message: LoadedMessage) => {
      resolve(message);
    });
    post({ kind: 'load', addresses });
  });

async function open(request: ThreadRequest): Promise<DocumentReading> {
  const document = openDocument(request);
  const { documentUrl, mayLoad } = request;
  const linked =
    mayLoad && documentUrl !== undefined ? await linkDocuments(document, { documentUrl, load }) : undefined;
  return readDocument(request, document, linked);
}

async function read(request: ThreadRequest): Promise<void> {
  const { skipped, loosened, findings, ...reading } = await open(request);
  post({ kind: 'head', head: reading.head });
  let batch: ReadTool[] = [];
  let size = 0;
  for (const tool of reading.tools) {
    batch.push(tool);
    size += tool.inputSchema.length + (tool.outputSchema?.length ?? 0);
    if (size < batchCharacters) continue;
    post({ kind: 'tools', tools: batch });
    batch = [];
    size = 0;
  }
  post({ kind: 'tools', tools: batch });
  post({ kind: 'report', report: { skipped, loosened, findings } });
}

try {
  await read(workerData as ThreadRequest);
} catch (error) {
  if (error instanceof MeshError) post({ kind: 'failed', code: error.code, detail: error.message });
  else if (error instanceof RangeError) {
    post({ kind: 'failed', code: 'broken_document', detail: 'The document is nested too deeply to be read.' });
  } else throw error;
}
