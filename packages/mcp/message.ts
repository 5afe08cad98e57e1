import { errorTable, MeshError, toMeshError } from '@devmesh/foundation';
import { checkBounds, defaultBounds, type MessageBounds } from './bounds.ts';
import { textOf } from './kept-text.ts';

/** Identifies a request within its session; `1` and `"1"` are different ids. */
export type RequestId = string | number;

/** Named parameters; MCP has no positional ones. */
export type Params = Readonly<Record<string, unknown>>;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Params;
}

/** An answer of the client to what it was asked. */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: RequestId | undefined;
  readonly result?: Params;
  readonly error?: { readonly code: number; readonly message: string };
}

/** One JSON-RPC 2.0 message as it came in. */
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

/** Messages that came together; only some revisions know them. */
export interface Batch {
  readonly kind: 'batch';
  readonly messages: readonly (Message | InvalidMessage)[];
}

/** A text that is no message: why, and the id to answer to, where one could be read. */
export interface InvalidMessage {
  readonly kind: 'invalid';
  readonly id: RequestId | null;
  readonly error: MeshError;
}

const longestBatch = 50;

/** Reads one JSON-RPC 2.0 message, or a batch of them, from text; never throws. */
export function parseMessage(text: string, bounds: MessageBounds = defaultBounds): Message | Batch | InvalidMessage {
  try {
    checkBounds(text, bounds);
  } catch (error) {
    return { kind: 'invalid', id: null, error: toMeshError(error) };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const malformed = new MeshError('malformed_message', 'The message is not valid JSON.', { cause: error });
    return { kind: 'invalid', id: null, error: malformed };
  }
  return Array.isArray(value) ? readBatch(value) : readMessage(value);
}

function readBatch(values: readonly unknown[]): Batch | InvalidMessage {
  if (values.length === 0) return invalid(null, 'A batch has at least one message.');
  if (values.length > longestBatch) return invalid(null, `A batch has at most ${String(longestBatch)} messages.`);
  return { kind: 'batch', messages: values.map(readMessage) };
}

function readMessage(value: unknown): Message | InvalidMessage {
  if (!isRecord(value)) return invalid(null, 'A message is a JSON object.');
  const replyTo = isRequestId(value['id']) ? value['id'] : null;
  if (value['jsonrpc'] !== '2.0') return invalid(replyTo, '`jsonrpc` must be "2.0".');
  return value['method'] === undefined ? readResponse(value, replyTo) : readCall(value, replyTo);
}

function readCall(value: Params, replyTo: RequestId | null): Message | InvalidMessage {
  const { id, method } = value;
  if (typeof method !== 'string' || method === '') return invalid(replyTo, '`method` must be a non-empty string.');
  if (id !== undefined && replyTo === null) return invalid(null, '`id` must be a string or an integer.');
  const params = value['params'] ?? {};
  if (!isRecord(params)) return invalid(replyTo, '`params` must be an object.');
  return replyTo === null ? { kind: 'notification', method, params } : { kind: 'request', id: replyTo, method, params };
}

function readResponse(value: Params, id: RequestId | null): Message | InvalidMessage {
  const hasResult = Object.hasOwn(value, 'result');
  const hasError = Object.hasOwn(value, 'error');
  if (hasResult === hasError) {
    return invalid(id, 'A message has either `method`, or exactly one of `result` and `error`.');
  }
  if (hasResult && id === null) return invalid(null, 'A result needs the `id` of its request.');
  const result = value['result'];
  if (hasResult && !isRecord(result)) return invalid(id, '`result` must be an object.');
  const told = isRecord(result) ? { result } : { error: readError(value['error']) };
  return { kind: 'response', id: id ?? undefined, ...told };
}

const longestMessage = 1_000;

function readError(error: unknown): NonNullable<ResponseMessage['error']> {
  const { code, message } = isRecord(error) ? error : {};
  return {
    code: Number.isSafeInteger(code) ? Number(code) : -32_603,
    message: typeof message === 'string' ? message.slice(0, longestMessage) : 'an error without a message',
  };
}

function invalid(id: RequestId | null, sentence: string): InvalidMessage {
  return { kind: 'invalid', id, error: new MeshError('invalid_message', sentence) };
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

/** Whether a value is a JSON object (neither null nor an array). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a successful response. */
export function resultText(id: RequestId, result: object): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${textOf(result)}}`;
}

/** The text of a request to the client. */
export function requestText(id: RequestId, method: string, params: Params): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** The text of a notification. */
export function notificationText(method: string, params?: Params): string {
  return JSON.stringify(params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params });
}

interface ErrorTextOptions {
  readonly traceId?: string | undefined;
  /** The number to use where a revision prescribes another than the error table. */
  readonly rpcCode?: number | undefined;
}

/** The text of an error response: the table's number and sentence, its code and what to do next in `data`. */
export function errorText(id: RequestId | null, error: MeshError, options: ErrorTextOptions = {}): string {
  const entry = errorTable[error.code];
  const data = {
    ...error.data,
    code: error.code,
    next: entry.next,
    ...(error.issues.length > 0 ? { issues: error.issues } : {}),
    ...(error.limit === undefined ? {} : { limit: error.limit }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(options.traceId === undefined ? {} : { traceId: options.traceId }),
  };
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: { code: options.rpcCode ?? entry.rpc, message: error.message, data },
  });
}
