import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import type { LoadDocuments } from './reading/linked-documents.ts';
import { documentHeaders, fetchedDocuments, uploadAddress, uploadedDocuments } from './reading/load-documents.ts';

/** Where a document comes from: a URL, or the text itself with the files that it refers to. */
export interface SourceRequest {
  readonly url?: string | undefined;
  readonly document?: string | undefined;
  /** Other uploaded files by path. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** The path of the document among them. */
  readonly documentPath?: string | undefined;
}

/** A document as the reader takes it. */
export interface Source {
  readonly text: string | Uint8Array;
  readonly documentUrl: string | undefined;
  readonly load: LoadDocuments | undefined;
}

const largestDocument = 50 * 1024 * 1024;

/** Fetches the document, or takes the uploaded one; its references lead on from where it came from. */
export async function openSource(
  fetch: GuardedFetch,
  { url, document = '', files, documentPath = 'openapi.yaml' }: SourceRequest,
  signal: AbortSignal | undefined,
): Promise<Source> {
  if (url === undefined) {
    if (files === undefined) return { text: document, documentUrl: undefined, load: undefined };
    return { text: document, documentUrl: uploadAddress(documentPath), load: uploadedDocuments(files) };
  }
  const response = await fetch(url, {
    maximumBytes: largestDocument,
    headers: documentHeaders,
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status < 200 || response.status >= 300) {
    throw new MeshError('upstream_failed', `The address of the document answered ${String(response.status)}.`);
  }
  const load = fetchedDocuments({ fetch, documentUrl: response.url, signal });
  return { text: response.body, documentUrl: response.url, load };
}
