import { arrayOf, isRecord, recordOf, stringOf, type Loose } from './loose.ts';
import type { Answer, Body, Media, Parameter, Place, Writing } from './operation.ts';
import type { Pointers } from './pointers.ts';
import { Unservable, type Parts, type Source } from './parts.ts';

const places: ReadonlySet<string> = new Set(['path', 'query', 'header', 'cookie', 'querystring']);

/** Headers whose parameters OpenAPI ignores: the body, the answer and the credential decide them. */
export const ownHeaders: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);

/** Reads an operation as OpenAPI 3 writes it. */
export function readOpenApiParts(source: Source): Parts {
  const { operation, pointers } = source;
  return {
    parameters: mergedParameters(source)
      .map((parameter) => readParameter(pointers, parameter))
      .filter((parameter) => parameter !== undefined),
    body: readBody(pointers, operation['requestBody']),
    answers: Object.entries(recordOf(operation['responses'])).map(([status, answer]) =>
      readAnswer(pointers, status, answer),
    ),
  };
}

/** Those of the path item, replaced by those of the operation with the same name and place. */
export function mergedParameters({ pathItem, operation, pointers }: Source): readonly Loose[] {
  const merged = new Map<string, Loose>();
  for (const written of [...arrayOf(pathItem['parameters']), ...arrayOf(operation['parameters'])]) {
    const parameter = pointers.record(written);
    if (parameter === undefined) {
      if (isRecord(written)) throw new Unservable('a reference of its parameters leads to nothing');
      continue;
    }
    merged.set(`${String(parameter['in'])}:${String(parameter['name'])}`, parameter);
  }
  return [...merged.values()];
}

function readParameter(pointers: Pointers, written: Loose): Parameter | undefined {
  const name = stringOf(written['name']) ?? '';
  const place = stringOf(written['in']) ?? '';
  if (!isDeclared(place, name)) return undefined;
  const [content] = readMedia(pointers, written['content']);
  return {
    name,
    in: place as Place,
    required: written['required'] === true || place === 'path',
    allowEmpty: written['allowEmptyValue'] === true,
    schema: content === undefined ? (written['schema'] ?? true) : content.schema,
    writing: writingOf(written, place),
    mediaType: content?.type,
  };
}

function isDeclared(place: string, name: string): boolean {
  if (!places.has(place) || (name === '' && place !== 'querystring')) return false;
  return place !== 'header' || !ownHeaders.has(name.toLowerCase());
}

function writingOf({ style: written, explode }: Loose, place: string): Writing {
  const style = stringOf(written) ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple');
  return { style, explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'cookie' };
}

function readBody(pointers: Pointers, written: unknown): Body | undefined {
  if (written === undefined || written === null) return undefined;
  const body = pointers.record(written);
  if (body === undefined) throw new Unservable('the reference of its request body leads to nothing');
  const media = readMedia(pointers, body['content']);
  return media.length === 0 ? undefined : { required: body['required'] === true, media };
}

function readMedia(pointers: Pointers, written: unknown): readonly Media[] {
  return Object.entries(recordOf(written)).map(([type, value]) => {
    const media = pointers.record(value) ?? {};
    return {
      type: type.trim().toLowerCase(),
      schema: media['schema'] ?? media['itemSchema'] ?? true,
      example: media['example'],
      examples: recordOf(media['examples']),
      encoding: recordOf(media['encoding']),
    };
  });
}

function readAnswer(pointers: Pointers, status: string, written: unknown): Answer {
  const answer = pointers.record(written) ?? {};
  return {
    status: status.toUpperCase() === 'DEFAULT' ? 'default' : status.toUpperCase(),
    media: readMedia(pointers, answer['content']),
    headers: recordOf(answer['headers']),
  };
}
