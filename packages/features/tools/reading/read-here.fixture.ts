import type { DocumentReader } from './document-reader.ts';
import { linkDocuments } from './linked-documents.ts';
import { openDocument, readDocument } from './read-document.ts';

/** Reads as the threads do, in this one: starting a thread takes longer than reading a small document, and is proved elsewhere. */
export const readHere: DocumentReader = {
  read: async (request, _signal, load) => {
    const document = openDocument(request);
    const { documentUrl } = request;
    const linked =
      load !== undefined && documentUrl !== undefined
        ? await linkDocuments(document, { documentUrl, load })
        : undefined;
    const { tools, ...reading } = readDocument(request, document, linked);
    return { ...reading, tools: [...tools] };
  },
};
