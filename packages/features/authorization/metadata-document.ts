import { isIP } from 'node:net';
import { toMeshError, type Clock } from '@devmesh/foundation';
import { parseBoundedJson, type GuardedFetch, type GuardedResponse } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { OAuthClient } from './client.ts';
import { readClientMetadata } from './client-metadata.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

interface MetadataDocumentsOptions {
  /** The guarded one: the address is the client's to choose. */
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
}

/** Clients whose id is the address of a document about them (OAuth Client ID Metadata Document). */
export interface MetadataDocuments {
  /** The client of a document, fetched or remembered; throws `invalid_client` where there is none that can be used. */
  read(url: string): Promise<OAuthClient>;
}

const longestUrl = 512;
const maximumBytes = 10_240;
const timeoutMilliseconds = 5_000;
const defaultSeconds = 600;
const longestSeconds = 86_400;

/** Whether a client id is meant as the address of a document. */
export function isDocumentUrl(id: string): boolean {
  return id.startsWith('https://');
}

/** Builds the documents. A good one is remembered as long as its host allows, a day at most; a failure never. */
export function createMetadataDocuments({ fetch, clock }: MetadataDocumentsOptions): MetadataDocuments {
  const known = new LRUCache<string, { readonly client: OAuthClient; readonly until: number }>({ max: 500 });
  return {
    read: async (id) => {
      const remembered = known.get(id);
      if (remembered !== undefined && remembered.until > clock.now()) return remembered.client;
      requireDocumentUrl(id);
      const answer = await load(fetch, id);
      const client = toClient(id, answer);
      const seconds = freshSeconds(answer.headers.get('cache-control') ?? '');
      if (seconds > 0) known.set(id, { client, until: clock.now() + seconds * 1_000 });
      return client;
    },
  };
}

/** The rules of the draft, section 3, and a name instead of an address. */
function requireDocumentUrl(id: string): void {
  const url = id.length <= longestUrl && URL.canParse(id) ? new URL(id) : undefined;
  const refused =
    url === undefined ||
    url.protocol !== 'https:' ||
    // Only what parsing leaves as it is: no dot segments, no upper-case host, no default port.
    url.href !== id ||
    url.pathname === '/' ||
    url.username !== '' ||
    url.password !== '' ||
    id.includes('#') ||
    isIP(url.hostname.replaceAll(/[[\]]/gu, '')) !== 0;
  if (refused)
    throw refusal('A client id that is a URL is an https address in its normal form, with a name and a path.');
}

async function load(fetch: GuardedFetch, id: string): Promise<GuardedResponse> {
  try {
    const headers = { accept: 'application/json' };
    return await fetch(id, { headers, maximumBytes, timeoutMilliseconds, maximumRedirects: 0 });
  } catch (error) {
    throw refusal(`The document of the client cannot be read: ${toMeshError(error).code}.`, error);
  }
}

function toClient(id: string, { status, headers, body }: GuardedResponse): OAuthClient {
  if (status !== 200) throw refusal(`The document of the client was answered with ${String(status)}.`);
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/iu.test(headers.get('content-type') ?? '')) {
    throw refusal('The document of the client is not JSON.');
  }
  const document = readJson(body);
  if (document['client_id'] !== id) throw refusal('The document of the client is about another client id.');
  // A document is public, and so is a secret in it.
  if ('client_secret' in document) throw refusal('The document of the client holds a secret.');
  const { name, redirectUris, authentication } = readClientMetadata({
    token_endpoint_auth_method: 'none',
    ...document,
  });
  if (authentication !== 'none') throw refusal('The client of a document has no secret: its method must be none.');
  return { id, name, redirectUris, authentication, source: 'document' };
}

function readJson(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value = parseBoundedJson(body, { maximumDepth: 8, maximumValues: 1_000 });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw refusal('The document of the client is not JSON.', error);
  }
  throw refusal('The document of the client is no object.');
}

function freshSeconds(cacheControl: string): number {
  if (/\bno-(?:store|cache)\b/iu.test(cacheControl)) return 0;
  const [, seconds] = /\bmax-age="?(\d{1,9})/iu.exec(cacheControl) ?? [];
  return seconds === undefined ? defaultSeconds : Math.min(Number(seconds), longestSeconds);
}

function refusal(description: string, cause?: unknown): OAuthRefusal {
  return new OAuthRefusal('invalid_client', description, { cause });
}
