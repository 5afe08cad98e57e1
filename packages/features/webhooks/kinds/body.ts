import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { parseBoundedJson } from '@devmesh/infrastructure';
import type { Arrival, Place } from './kind.ts';

type Payload = Record<string, unknown>;

const maximumEventLength = 100;
const maximumDeliveryIdLength = 200;
const maximumFormFields = 1000;

/** The body as one JSON object. Throws `unsupported_media_type` or `malformed_message`. */
export function readJson({ headers, rawBody }: Arrival): Payload {
  if (!/^application\/(?:[\w.-]+\+)?json\b/iu.test(headers.get('content-type') ?? '')) {
    throw new MeshError('unsupported_media_type', 'Set the content type of the webhook to application/json.');
  }
  return requireObject(parseBoundedJson(rawBody));
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

/** JSON that stands in a field of a form. */
export function readJsonText(text: string): Payload {
  return requireObject(parseBoundedJson(new TextEncoder().encode(text)));
}

/** The name of the event. Throws `invalid_request` unless it has 1 to 100 characters. */
export function requireEvent(value: unknown, where: string): string {
  return requireText(value, where, maximumEventLength);
}

/** The sender's own id of the delivery. Throws `invalid_request` unless it has 1 to 200 characters. */
export function requireDeliveryId(value: unknown, where: string): string {
  return requireText(value, where, maximumDeliveryIdLength);
}

/** A member of an object where it is a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The member `name` of a value where it is an object; never what a prototype has. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Payload)[name]
    : undefined;
}

/** What stands at a place of a webhook. */
export function at(place: Place, headers: Headers, payload: Payload): unknown {
  return 'header' in place
    ? (headers.get(place.header) ?? undefined)
    : place.path.split('.').reduce<unknown>(member, payload);
}

/** The id of a delivery whose sender gives none: equal bytes are the same delivery. */
export function digestId(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** `action` as a webhook carries it: absent rather than empty or odd. */
export function actionOf(value: unknown): { readonly action?: string } {
  const action = textOf(value);
  return action === undefined || action.length > maximumEventLength ? {} : { action };
}

function requireText(value: unknown, where: string, maximumLength: number): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= maximumLength) return text;
  throw new MeshError('invalid_request', `${where} must have 1 to ${String(maximumLength)} characters.`);
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
