import type { ToolContent } from '@devmesh/api';
import type { GuardedResponse } from '@devmesh/infrastructure';
import { scrub } from '../credentials/credential.ts';
import { isObject } from '../reading/json-value.ts';

/** What a call gives to a model. */
export interface CallResult {
  readonly isError: boolean;
  /** Of the service, where it was asked over HTTP. */
  readonly status?: number;
  readonly content: ToolContent[];
  readonly structured?: Record<string, unknown>;
  readonly truncated: boolean;
}

/** Bytes of text that a result holds. */
export const largestText = 256 * 1024;

/** The service's answer as a result: no trace of the secret in it, bounded, and a JSON object also as such. */
export function presentAnswer(response: GuardedResponse, traces: readonly string[]): CallResult {
  const text = scrub(decoded(response), traces);
  const cut = truncate(text);
  const structured = cut.truncated ? undefined : structuredOf(text, traces);
  const isError = response.status < 200 || response.status >= 300;
  const note = cut.truncated ? '\n[The answer was longer and was cut here.]' : '';
  const shown = isError ? `HTTP ${String(response.status)}\n${cut.text}${note}` : cut.text + note;
  return {
    isError,
    status: response.status,
    content: [{ type: 'text', text: shown }],
    ...(structured === undefined ? {} : { structured }),
    truncated: cut.truncated,
  };
}

function decoded({ body, headers }: GuardedResponse): string {
  const type = headers.get('content-type') ?? '';
  const charset = /charset="?([^";\s]+)/iu.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    // Neither an unknown charset nor bytes that are no text can be shown as text; saying what came is the truth.
    return `[${String(body.length)} bytes of ${type === '' ? 'an unnamed type' : type}, not shown as text]`;
  }
}

function truncate(text: string): { readonly text: string; readonly truncated: boolean } {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= largestText) return { text, truncated: false };
  let end = largestText;
  // Never inside a character: its continuation bytes begin with the bits 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.subarray(0, end).toString('utf8'), truncated: true };
}

function structuredOf(text: string, traces: readonly string[]): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (scrubValue(value, traces) as Record<string, unknown>) : undefined;
  } catch {
    // It only began like JSON; the text says what it is.
    return undefined;
  }
}

/** Once more inside the parsed strings, where escapes may have hidden a trace. */
function scrubValue(value: unknown, traces: readonly string[]): unknown {
  if (traces.length === 0) return value;
  if (typeof value === 'string') return scrub(value, traces);
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, traces));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [scrub(key, traces), scrubValue(part, traces)]));
}
