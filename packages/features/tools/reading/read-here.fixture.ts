import type { DocumentReader } from './document-reader.ts';
import { readDocument } from './read-document.ts';

/** Reads as the threads do, in this one: starting a thread takes longer than reading a small document, and is proved elsewhere. */
export const readHere: DocumentReader = {
  read: async (request) => {
    const { head, tools, skipped, loosened } = readDocument(request);
    return { head, tools: [...tools], skipped, loosened };
  },
};
