import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import type { Source } from '../import-source.ts';
import { documentHeaders, fetchedDocuments } from '../reading/load-documents.ts';

/** What its server said of the version that was fetched last. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A document as it is offered now. */
export interface FoundDocument {
  readonly source: Source;
  /** By which to ask again; nothing where other documents belong to it, for they may change by themselves. */
  readonly validators: () => Validators;
}

interface Fetching {
  readonly fetch: GuardedFetch;
  readonly url: string;
  readonly known: Validators;
  readonly signal: AbortSignal | undefined;
}

const largestDocument = 50 * 1024 * 1024;
const longest = { etag: 1_000, lastModified: 200 } as const;

/** Fetches a document unless it is as it was; undefined then. */
export async function fetchAgain({ fetch, url, known, signal }: Fetching): Promise<FoundDocument | undefined> {
  const { etag, lastModified } = known;
  const response = await fetch(url, {
    maximumBytes: largestDocument,
    headers: {
      ...documentHeaders,
      ...(etag === null ? {} : { 'if-none-match': etag }),
      ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 304 && (etag ?? lastModified) !== null) return undefined;
  if (response.status < 200 || response.status >= 300) {
    throw new MeshError('upstream_failed', `The address of the document answered ${String(response.status)}.`);
  }
  const load = fetchedDocuments({ fetch, documentUrl: response.url, signal });
  let alone = true;
  const source: Source = {
    text: response.body,
    documentUrl: response.url,
    load: (addresses) => {
      alone = false;
      return load(addresses);
    },
  };
  const told = {
    etag: bounded(response.headers.get('etag'), longest.etag),
    lastModified: bounded(response.headers.get('last-modified'), longest.lastModified),
  };
  return { source, validators: () => (alone ? told : unknown) };
}

/** Of a version by which nobody can ask again. */
export const unknown: Validators = { etag: null, lastModified: null };

function bounded(value: string | null, most: number): string | null {
  return value === null || value.length > most ? null : value;
}
