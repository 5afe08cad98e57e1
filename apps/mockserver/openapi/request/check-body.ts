import type { Body, Media } from '../document/operation.ts';
import type { Schemas } from '../schema/schemas.ts';
import { checkForm, checkMultipart } from './check-form.ts';
import { isJsonType, isXmlType, parseMediaType, takesMediaType } from './media-type.ts';
import { typed } from './text-tree.ts';
import { readOnlyMembers } from './read-only.ts';
import type { Violation } from './violation.ts';
import { xmlFault } from './xml.ts';

interface GivenBody {
  readonly contentType: string | null;
  readonly bytes: Buffer;
}

/** Holds the body of a request against what the operation declares. */
export function checkBody(schemas: Schemas, body: Body | undefined, given: GivenBody): readonly Violation[] {
  const { contentType, bytes } = given;
  const absent = bytes.length === 0 && contentType === null;
  if (body === undefined) {
    return bytes.length === 0 ? [] : [{ path: 'body', message: 'is not declared: the operation takes no body' }];
  }
  if (absent) return body.required ? [{ path: 'body', message: 'is required' }] : [];
  if (contentType === null) return [{ path: 'header.content-type', message: 'is required with a body' }];
  const media = declaredMedia(body, contentType);
  if (media === undefined) {
    const types = body.media.map(({ type }) => type).join(', ');
    return [{ path: 'header.content-type', message: `is ${contentType}; the operation takes ${types}` }];
  }
  return checkMedia(schemas, media, { contentType, bytes });
}

/** The exact declaration before a range that also takes the type. */
function declaredMedia({ media }: Body, contentType: string): Media | undefined {
  const taking = media.filter(({ type }) => takesMediaType(type, contentType));
  return taking.find(({ type }) => !type.includes('*')) ?? taking[0];
}

function checkMedia(
  schemas: Schemas,
  media: Media,
  { contentType, bytes }: { readonly contentType: string; readonly bytes: Buffer },
): readonly Violation[] {
  const parsed = parseMediaType(contentType);
  const type = parsed?.type ?? '';
  if (type === 'multipart/form-data') {
    return checkMultipart(schemas, media, { body: bytes, boundary: parsed?.parameters.get('boundary') });
  }
  const check = textChecks.find(([takes]) => takes(type))?.[1];
  if (check === undefined) return [];
  const text = textOf(bytes);
  return text === undefined ? [notText] : check(schemas, media, text);
}

type CheckText = (schemas: Schemas, media: Media, text: string) => readonly Violation[];

/** Bodies that are text, and how each is judged; others are bytes that nothing is known of. */
const textChecks: readonly (readonly [(type: string) => boolean, CheckText])[] = [
  [(type) => type === 'application/x-www-form-urlencoded', checkForm],
  [isJsonType, checkJson],
  [isXmlType, checkXml],
  [(type) => type.startsWith('text/'), checkText],
];

function checkXml(_schemas: Schemas, _media: Media, text: string): readonly Violation[] {
  const fault = xmlFault(text);
  return fault === undefined ? [] : [{ path: 'body', message: fault }];
}

const notText: Violation = { path: 'body', message: 'is not UTF-8 text' };

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function checkJson(schemas: Schemas, { schema }: Media, text: string): readonly Violation[] {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    return [{ path: 'body', message: 'is not JSON' }];
  }
  return faultsOf(schemas, schema, value);
}

/** Text with a schema of another type holds that type in words; the structure of other texts is their own. */
function checkText(schemas: Schemas, { schema }: Media, text: string): readonly Violation[] {
  const value = typed(schemas, schemas.read(schema, 'request'), text);
  return typeof value === 'object' ? [] : faultsOf(schemas, schema, value);
}

function faultsOf(schemas: Schemas, schema: unknown, value: unknown): readonly Violation[] {
  const read = schemas.read(schema, 'request');
  const faults = [...schemas.faults(read, value), ...readOnlyMembers(schemas, read, value)];
  return faults.map(({ at, message }) => ({ path: ['body', ...at].join('.'), message }));
}
