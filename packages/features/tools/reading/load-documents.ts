import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import type { LoadDocuments, LoadedDocument } from './linked-documents.ts';

interface FetchedDocuments {
  readonly fetch: GuardedFetch;
  /** Where the document itself came from. */
  readonly documentUrl: string;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of all documents that one document refers to. */
const mostBytes = 50 * 1024 * 1024;
const longestMilliseconds = 15_000;
const atOnce = 6;

/** What is asked for of a server of documents. */
export const documentHeaders = { accept: 'application/json, application/yaml, text/yaml, */*;q=0.5' } as const;

/**
 * Fetches the documents that references lead to, without a credential and from the origin of the document alone: its
 * author would otherwise choose what else this process asks for.
 */
export function fetchedDocuments({ fetch, documentUrl, signal }: FetchedDocuments): LoadDocuments {
  const { origin } = new URL(documentUrl);
  const budget = { left: mostBytes };
  const load = async (address: string): Promise<LoadedDocument> => {
    if (new URL(address).origin !== origin)
      return { address, unavailable: 'leads to another origin, which is not asked' };
    if (budget.left <= 0) return { address, unavailable: 'leads to more bytes than are read' };
    try {
      const response = await fetch(address, {
        headers: documentHeaders,
        maximumBytes: budget.left,
        timeoutMilliseconds: longestMilliseconds,
        ...(signal === undefined ? {} : { signal }),
      });
      budget.left -= response.body.length;
      if (response.status === 200 && new URL(response.url).origin === origin) return { address, bytes: response.body };
      const answered = response.status === 200 ? 'redirects to another origin' : `answers ${String(response.status)}`;
      return { address, unavailable: `leads to an address that ${answered}` };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof MeshError)) throw error;
      return { address, unavailable: `leads to an address that fails (${error.code})` };
    }
  };
  return async (addresses) => {
    const loaded: LoadedDocument[] = [];
    for (let start = 0; start < addresses.length; start += atOnce) {
      loaded.push(...(await Promise.all(addresses.slice(start, start + atOnce).map(load))));
    }
    return loaded;
  };
}

const uploadOrigin = 'upload:///';

/** The address that an uploaded file has for references of others that came with it. */
export function uploadAddress(path: string): string {
  return new URL(path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/u, ''), uploadOrigin).href;
}

/** The documents that were uploaded together; nothing is read from the file system or the network. */
export function uploadedDocuments(files: Readonly<Record<string, string>>): LoadDocuments {
  const byAddress = new Map(Object.entries(files).map(([path, text]) => [uploadAddress(path), text]));
  return (addresses) =>
    Promise.resolve(
      addresses.map((address): LoadedDocument => {
        const text = byAddress.get(address);
        if (text !== undefined) return { address, bytes: new TextEncoder().encode(text) };
        const outside = address.startsWith(uploadOrigin)
          ? 'a file that was not uploaded'
          : 'an address, which is not asked';
        return { address, unavailable: `leads to ${outside}` };
      }),
    );
}
