import type { operations, ResponseOf, ToolContent } from '@devmesh/api';
import type { GuardedResponse } from '@devmesh/infrastructure';
import { isObject } from '../reading/json-value.ts';
import { readAnswerBody, type AnswerBody } from '../results/answer-body.ts';
import { explainStatus } from '../results/explain-status.ts';
import { characterEnd } from '../results/result-page.ts';
import type { KeptResult } from '../results/result-store.ts';
import { selectFields, type Selection } from '../results/select-fields.ts';
import { shorten } from '../results/shorten.ts';
import { headerLines, shownHeaders } from '../results/shown-headers.ts';

/** What a call gives to a model. */
export interface CallResult {
  /** Questions that come first; only where the caller takes them. */
  readonly inputRequired?: ResponseOf<typeof operations.tools.callTool>['inputRequired'];
  readonly isError: boolean;
  /** Of the service, where it was asked over HTTP. */
  readonly status?: number;
  readonly content: ToolContent[];
  readonly structured?: Record<string, unknown>;
  readonly truncated: boolean;
  /** The arguments that change to get the next page. */
  readonly next?: { readonly arguments: Record<string, unknown> };
  /** Of the service, where they tell what the content does not. */
  readonly headers?: Record<string, string>;
}

/** Bytes of text that a result holds. */
export const largestText = 256 * 1024;
/** What is shown of a larger one: it is kept as a whole, so that a taste is enough. */
const largestPreview = 64 * 1024;
/** Bytes of a picture or sound within a result. */
const largestMedia = 2 * 1024 * 1024;

/** How an answer is shown. */
export interface Showing {
  readonly traces: readonly string[];
  readonly selection?: Selection | undefined;
  /** Bytes of text that are shown; default: the most that ever are. */
  readonly textBytes?: number | undefined;
  /** Whether `structured` is promised for every success. */
  readonly structured: boolean;
  /** Keeps what is not shown; undefined where it cannot. */
  readonly keep: (content: string | Uint8Array, mediaType: string) => Promise<KeptResult | undefined>;
}

type Answer = Pick<GuardedResponse, 'status' | 'headers' | 'body'>;

/** The service's answer as a result: no trace of the secret in it, bounded, a JSON object also as such, the rest kept elsewhere. */
export async function presentAnswer(answer: Answer, showing: Showing): Promise<CallResult> {
  return presentBody(answer, readAnswerBody(answer, showing.traces), showing);
}

/** The same of a body that was read already. */
export async function presentBody(
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  body: AnswerBody,
  showing: Showing,
): Promise<CallResult> {
  const isError = status < 200 || status >= 300;
  const told = shownHeaders(headers, showing.traces);
  const shown = isError
    ? {
        content: [textPiece(explainStatus({ status, headers, body }))],
        truncated: false,
        ...errorObject(body, showing),
      }
    : await showBody({ status, told }, body, showing);
  return { isError, status, ...shown, ...(Object.keys(told).length > 0 ? { headers: { ...told } } : {}) };
}

type Shown = Pick<CallResult, 'content' | 'truncated' | 'structured'>;

interface Told {
  readonly status: number;
  readonly told: Readonly<Record<string, string>>;
}

function textPiece(text: string): ToolContent {
  return { type: 'text', text };
}

/** Clients hold even the object of an error against the schema of answers, so that it is shown only where there is none. */
function errorObject(body: AnswerBody, { structured }: Showing): { readonly structured?: Record<string, unknown> } {
  if (structured || body.kind !== 'json' || !isObject(body.value) || body.text.length > largestPreview) return {};
  return { structured: body.value };
}

async function showBody(told: Told, body: AnswerBody, showing: Showing): Promise<Shown> {
  const shown = await showKind(told, body, showing);
  return showing.structured && shown.structured === undefined ? { ...shown, structured: {} } : shown;
}

function showKind(told: Told, body: AnswerBody, showing: Showing): Promise<Shown> | Shown {
  if (body.kind === 'empty') return { content: [textPiece(emptyText(told))], truncated: false };
  if (body.kind === 'json') return showJson(body, showing);
  return 'text' in body ? showText(body, showing) : showBytes(body, showing);
}

function emptyText({ status, told }: Told): string {
  const lines = headerLines(told);
  const done = `HTTP ${String(status)}: done; the answer has no body.`;
  return lines === '' ? done : `${done}\n${lines}`;
}

async function showJson(body: Extract<AnswerBody, { readonly kind: 'json' }>, showing: Showing): Promise<Shown> {
  const { selection } = showing;
  const value = selection === undefined ? body.value : (selectFields(body.value, selection) ?? null);
  const text = selection === undefined ? body.text : JSON.stringify(value);
  if (Buffer.byteLength(text) <= mostOf(showing)) {
    return { content: [textPiece(text)], truncated: false, ...structuredOf(value) };
  }
  const short = shorten(value, previewOf(showing));
  const kept = await showing.keep(text, body.mediaType);
  if (short === undefined) return cutText(text, { mediaType: body.mediaType, kept, bytes: previewOf(showing) });
  const cuts = `Of ${String(Buffer.byteLength(text))} bytes not all is shown: ${short.cuts.join('; ')}.`;
  const note = textPiece(
    `[${cuts} ${restOf(kept)} To get only some fields, call again with _select, e.g. ["items.name"].]`,
  );
  const content = [textPiece(JSON.stringify(short.value)), note, ...linkOf(kept, body.mediaType)];
  return { content, truncated: true, ...structuredOf(short.value) };
}

function structuredOf(value: unknown): { readonly structured?: Record<string, unknown> } {
  return isObject(value) ? { structured: value } : {};
}

async function showText(
  { text, mediaType }: Extract<AnswerBody, { readonly text: string }>,
  showing: Showing,
): Promise<Shown> {
  if (Buffer.byteLength(text) <= mostOf(showing)) return { content: [textPiece(text)], truncated: false };
  return cutText(text, { mediaType, kept: await showing.keep(text, mediaType), bytes: previewOf(showing) });
}

function mostOf({ textBytes = largestText }: Showing): number {
  return Math.min(textBytes, largestText);
}

function previewOf(showing: Showing): number {
  return Math.min(mostOf(showing), largestPreview);
}

interface Cutting {
  readonly mediaType: string;
  readonly kept: KeptResult | undefined;
  readonly bytes: number;
}

function cutText(text: string, { mediaType, kept, bytes: most }: Cutting): Shown {
  const bytes = Buffer.from(text, 'utf8');
  const end = characterEnd(bytes, most);
  const note = `[Shown are the first ${String(end)} of ${String(bytes.length)} bytes. ${restOf(kept)}]`;
  return {
    content: [textPiece(bytes.subarray(0, end).toString('utf8')), textPiece(note), ...linkOf(kept, mediaType)],
    truncated: true,
  };
}

async function showBytes(
  { kind, mediaType, bytes }: Extract<AnswerBody, { readonly bytes: Uint8Array }>,
  { keep }: Showing,
): Promise<Shown> {
  if (kind !== 'binary' && bytes.length <= largestMedia) {
    const data = Buffer.from(bytes).toString('base64');
    return { content: [{ type: kind, data, mimeType: mediaType }], truncated: false };
  }
  const kept = await keep(bytes, mediaType);
  const what = `[${String(bytes.length)} bytes of ${mediaType}, not shown as text. ${restOf(kept)}]`;
  return { content: [textPiece(what), ...linkOf(kept, mediaType)], truncated: true };
}

/** How to get what is not shown. */
function restOf(kept: KeptResult | undefined): string {
  if (kept === undefined) return 'The rest could not be kept.';
  return `All of it is kept for a day: read ${kept.uri}, or result ${kept.id} by devmesh.result.read.`;
}

function linkOf(kept: KeptResult | undefined, mimeType: string): readonly ToolContent[] {
  if (kept === undefined) return [];
  return [{ type: 'resource_link', uri: kept.uri, name: `results/${kept.id}`, mimeType, size: kept.bytes }];
}
