import type { GuardedResponse } from '@devmesh/infrastructure';
import { scrub } from '../credentials/credential.ts';
import { isObject } from '../reading/json-value.ts';

/** The body of an answer, read as what it is; no trace of a secret is in it. */
export type AnswerBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly mediaType: string; readonly text: string; readonly value: unknown }
  | { readonly kind: 'text' | 'html'; readonly mediaType: string; readonly text: string }
  | { readonly kind: 'image' | 'audio' | 'binary'; readonly mediaType: string; readonly bytes: Uint8Array };

type Answer = Pick<GuardedResponse, 'headers' | 'body'>;

/** Reads the body of an answer: by its type, and where that says nothing by what it holds. */
export function readAnswerBody({ headers, body }: Answer, traces: readonly string[]): AnswerBody {
  if (body.length === 0) return { kind: 'empty' };
  const type = headers.get('content-type') ?? '';
  const mediaType = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (/^(?:image|audio)\/(?!svg\+xml)/u.test(mediaType)) {
    return { kind: mediaType.startsWith('image/') ? 'image' : 'audio', mediaType, bytes: withoutTraces(body, traces) };
  }
  const read = decoded(body, type, mediaType);
  if (read === undefined) {
    return { kind: 'binary', mediaType: mediaType || 'application/octet-stream', bytes: withoutTraces(body, traces) };
  }
  return textBody(scrub(read, traces), mediaType, traces);
}

function textBody(text: string, mediaType: string, traces: readonly string[]): AnswerBody {
  const value = jsonOf(text, mediaType);
  if (value !== undefined) {
    const clean = scrubValue(value, traces);
    // Escapes may hide a trace from the search in the text.
    const hidden = traces.length > 0 && JSON.stringify(clean) !== JSON.stringify(value);
    return {
      kind: 'json',
      mediaType: mediaType || 'application/json',
      text: hidden ? JSON.stringify(clean) : text,
      value: clean,
    };
  }
  const html = mediaType === 'text/html' || mediaType === 'application/xhtml+xml';
  return { kind: html ? 'html' : 'text', mediaType: mediaType || 'text/plain', text };
}

/** Types that are text although their names do not begin so. */
const textTypes =
  /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|toml|javascript|ecmascript|graphql|sql|x-ndjson|ndjson|jsonl|x-www-form-urlencoded|x-sh|rtf)$|[^/]+\/(?:[^;]+\+)?(?:json|xml|yaml|json-seq)$|image\/svg\+xml$)/u;

/** The text of bytes; undefined where they are none. */
function decoded(body: Uint8Array, type: string, mediaType: string): string | undefined {
  const charset = /charset\s*=\s*"?([^";\s]+)/iu.exec(type)?.[1];
  const named = charset === undefined ? undefined : decodeAs(body, charset);
  // Archives come with a charset too, by servers that give every answer one.
  if (named !== undefined && (textTypes.test(mediaType) || !named.includes('\0'))) return named;
  const text = decodeAs(body, byteOrder(body));
  if (text !== undefined && (textTypes.test(mediaType) || !text.includes('\0'))) return text;
  // What calls itself text and is no UTF-8 is, nearly always, of Windows.
  return textTypes.test(mediaType) ? decodeAs(body, 'windows-1252') : undefined;
}

function byteOrder(body: Uint8Array): string {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function decodeAs(body: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    // Neither an unknown charset nor bytes that are no text of it can be read so.
    return undefined;
  }
}

function jsonOf(text: string, mediaType: string): unknown {
  const declared = /^[^/]+\/(?:.+\+)?json$/u.test(mediaType);
  if (!declared && !/^\s*[[{]/u.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // It only called itself JSON, or began like it; the text says what it is.
    return undefined;
  }
}

function scrubValue(value: unknown, traces: readonly string[]): unknown {
  if (traces.length === 0) return value;
  if (typeof value === 'string') return scrub(value, traces);
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, traces));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [scrub(key, traces), scrubValue(part, traces)]));
}

function withoutTraces(body: Uint8Array, traces: readonly string[]): Uint8Array {
  const bytes = Buffer.from(body);
  for (const trace of traces) {
    const length = Buffer.byteLength(trace);
    // On behind what was taken out: a secret of asterisks would be found there again and again.
    for (let at = bytes.indexOf(trace); at >= 0; at = bytes.indexOf(trace, at + length))
      bytes.fill('*', at, at + length);
  }
  return bytes;
}
