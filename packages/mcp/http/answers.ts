import { errorTable, type MeshError } from '@devmesh/foundation';
import { errorText, type RequestId } from '../message.ts';
import { eventStream, json } from './negotiation.ts';

/** A response whose body is one JSON-RPC message. */
export function jsonAnswer(text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(text, { headers: { 'content-type': json, ...headers } });
}

/** A response that goes on as events. */
export function streamAnswer(
  body: string | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    // The last header keeps a proxy in front from collecting events.
    headers: {
      'content-type': eventStream,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    },
  });
}

/** A refusal: the status of the error table, and the error as a JSON-RPC message; `challenge` tells what would help. */
export function errorAnswer(error: MeshError, challenge?: string, id: RequestId | null = null): Response {
  const { status } = errorTable[error.code];
  const headers = new Headers({ 'content-type': json });
  const authenticate = challenge ?? (status === 401 ? 'Bearer' : undefined);
  if (authenticate !== undefined) headers.set('www-authenticate', authenticate);
  if (status === 405) headers.set('allow', 'GET, POST, DELETE');
  if (error.retryAfterSeconds !== undefined) headers.set('retry-after', String(error.retryAfterSeconds));
  return new Response(errorText(id, error), { status, headers });
}
