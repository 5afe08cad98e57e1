import type { BodyEncoding } from '../calling/binding.ts';

/** A media type of a document, and how a body of it is written. */
export interface MediaType {
  /** As the document spells it. */
  readonly key: string;
  /** What can be sent as Content-Type: ranges become one type of theirs. */
  readonly sent: string;
  readonly encoding: BodyEncoding;
}

const token = "[a-zA-Z0-9!#$&^_.+'*-]+";
const sendable = new RegExp(`^${token}/${token}(?:\\s*;\\s*${token}=(?:${token}|"[^"\\\\\\r\\n]*"))*$`, 'u');

/** Type and subtype in lower case, without parameters. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** Whether values of the type are JSON. */
export function isJson(mediaType: string): boolean {
  return /^[^/]+\/(?:[^/]+\+)?json$/u.test(essenceOf(mediaType));
}

/** Whether the type says nothing of the values. */
export function isRange(mediaType: string): boolean {
  return essenceOf(mediaType) === '*/*' || essenceOf(mediaType) === 'application/*' || essenceOf(mediaType) === '*';
}

const textual =
  /^(?:text\/.+|.+\/(?:.+\+)?(?:xml|yaml)|application\/(?:x-yaml|x-ndjson|ndjson|jsonl|jsonlines|x-jsonlines|json-seq|geo\+json-seq|graphql|javascript|ecmascript|sql|csv|x-sh|toml|hcl|x-pem-file|jwt|jose|logfmt|sparql-query|sparql-update|n-triples|n-quads|trig|ld-patch|edifact|edi-x12))$/u;

function encodingOf(essence: string): BodyEncoding {
  if (isJson(essence) || isRange(essence)) return 'json';
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence.startsWith('multipart/')) return 'multipart';
  return textual.test(essence) ? 'text' : 'bytes';
}

/** The preference among several: what a model writes best comes first. */
const preference: readonly BodyEncoding[] = ['json', 'form', 'multipart', 'text', 'bytes'];

const examplesOfRanges: Readonly<Record<string, string>> = {
  'text/*': 'text/plain',
  'multipart/*': 'multipart/form-data',
};

/** The media types of a `content` object, best first; those that are none come last, as JSON. */
export function mediaTypesOf(content: Readonly<Record<string, unknown>>): readonly MediaType[] {
  return Object.keys(content)
    .map(readMediaType)
    .map((type) => ({ type, rank: rankOf(type) }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ type }) => type);
}

/** Plain JSON before its kin, and what is named before what is not; 0 is the best. */
function rankOf({ key, encoding }: MediaType): number {
  const essence = essenceOf(key);
  if (essence === 'application/json') return 0;
  if (!essence.includes('/')) return 100;
  // A patch format wants operations, not values.
  const special = /patch/u.test(essence) ? 1 : 0;
  if (isRange(key)) return 25;
  return preference.indexOf(encoding) * 10 + 1 + special + (essence.endsWith('*') ? 5 : 0);
}

function readMediaType(key: string): MediaType {
  const essence = essenceOf(key);
  const encoding = essence.includes('/') ? encodingOf(essence) : 'json';
  return { key, encoding, sent: sentAs(key.trim(), essence, encoding) };
}

function sentAs(key: string, essence: string, encoding: BodyEncoding): string {
  if (essence.includes('*')) return examplesOfRanges[essence] ?? fallbacks[encoding];
  // Whoever writes the parts also chooses the boundary.
  if (encoding === 'multipart') return essence;
  return sendable.test(key) ? key : fallbacks[encoding];
}

const fallbacks: Readonly<Record<BodyEncoding, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
  text: 'text/plain',
  bytes: 'application/octet-stream',
};
