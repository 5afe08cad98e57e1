import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { parseBoundedJson } from '@devmesh/infrastructure';
import type { Arrival } from './kind.ts';

/** A body as it is stored. */
export type Payload = Record<string, unknown>;

const maximumFormFields = 1000;

/** The body as one JSON object. Throws `unsupported_media_type` or `malformed_message`. */
export function readJson(arrival: Arrival): Payload {
  const payload = readAnyJson(arrival);
  return requireObject(payload);
}

/** The body where the sender is not known: a form's fields, a JSON object, or a JSON array as `{ items }`. */
export function readAny(arrival: Arrival): Payload {
  if (isForm(arrival)) return readForm(arrival);
  const payload = readAnyJson(arrival);
  return Array.isArray(payload) ? { items: payload } : requireObject(payload);
}

/** Whether the sender says that it filled in a form. */
export function isForm({ headers }: Arrival): boolean {
  return /^application\/x-www-form-urlencoded\b/iu.test(headers.get('content-type') ?? '');
}

/** The fields of a form; of a field that comes twice the last one. Throws `malformed_message` or `invalid_request`. */
export function readForm({ rawBody }: Arrival): Record<string, string> {
  const fields = [...new URLSearchParams(decode(rawBody))];
  if (fields.length === 0) throw new MeshError('malformed_message', 'The body is an empty form.');
  if (fields.length > maximumFormFields) {
    throw new MeshError('invalid_request', `The form has more than ${String(maximumFormFields)} fields.`);
  }
  return Object.fromEntries(fields);
}

/** The JSON object in the field `payload` of a form. Throws `malformed_message`. */
export function readFormPayload(arrival: Arrival): Payload {
  return requireObject(parseBoundedJson(new TextEncoder().encode(readForm(arrival)['payload'] ?? '')));
}

/** The member `name` of a value where it is an object; never what a prototype has. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Payload)[name]
    : undefined;
}

/** What the ids of deliveries begin with that are known by their content alone. */
export const digestPrefix = 'sha256:';

/** The id of a delivery whose sender gives none: equal bytes are the same delivery. */
export function digestId(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return digestPrefix + hash.digest('hex');
}

function readAnyJson({ headers, rawBody }: Arrival): unknown {
  if (!/^application\/(?:[\w.-]+\+)?json\b/iu.test(headers.get('content-type') ?? '')) {
    throw new MeshError('unsupported_media_type', 'Set the content type of the webhook to application/json.');
  }
  return parseBoundedJson(rawBody);
}

function requireObject(payload: unknown): Payload {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new MeshError('malformed_message', 'The body must be one JSON object.');
  }
  return payload as Payload;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MeshError('malformed_message', 'The body is not UTF-8.', { cause: error });
  }
}
