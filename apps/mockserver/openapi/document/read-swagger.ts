import { recordOf, stringOf, stringsOf, type Loose } from './loose.ts';
import type { Answer, Body, Media, Parameter, Place, Writing } from './operation.ts';
import { mergedParameters, ownHeaders } from './read-openapi.ts';
import type { Parts, Source } from './parts.ts';

const places: ReadonlySet<string> = new Set(['path', 'query', 'header']);

/** Reads an operation as Swagger 2.0 writes it. */
export function readSwaggerParts(source: Source): Parts {
  const { operation, root, pointers } = source;
  const written = mergedParameters(source);
  const produces = stringsOf(operation['produces'] ?? root['produces']);
  return {
    parameters: written.filter(isPlain).map(readParameter),
    body: readBody(source, written),
    answers: Object.entries(recordOf(operation['responses'])).map(([status, answer]) =>
      readAnswer(pointers.record(answer) ?? {}, status, produces),
    ),
  };
}

function isPlain(written: Loose): boolean {
  const name = stringOf(written['name']) ?? '';
  const place = stringOf(written['in']) ?? '';
  return name !== '' && places.has(place) && !(place === 'header' && ownHeaders.has(name.toLowerCase()));
}

function readParameter(written: Loose): Parameter {
  const place = written['in'] as Place;
  return {
    name: String(written['name']),
    in: place,
    required: written['required'] === true || place === 'path',
    allowEmpty: written['allowEmptyValue'] === true,
    schema: schemaIn(written),
    writing: writingOf(written['collectionFormat'], place),
    mediaType: undefined,
  };
}

/** Swagger writes the schema of a parameter as members of the parameter. */
function schemaIn({ name: _name, in: _in, required: _required, description: _text, ...schema }: Loose): Loose {
  // Some documents write a schema as OpenAPI 3 does; what they mean is clear.
  return 'schema' in schema && !('type' in schema) ? recordOf(schema['schema']) : schema;
}

const styles: Readonly<Record<string, string>> = { ssv: 'spaceDelimited', pipes: 'pipeDelimited', tsv: 'tabDelimited' };

function writingOf(collectionFormat: unknown, place: Place): Writing {
  if (collectionFormat === 'multi' && place === 'query') return { style: 'form', explode: true };
  const style = styles[String(collectionFormat)] ?? (place === 'query' ? 'form' : 'simple');
  return { style, explode: false, decodeFirst: true };
}

function readBody({ operation, root }: Source, written: readonly Loose[]): Body | undefined {
  const consumes = stringsOf(operation['consumes'] ?? root['consumes']).map((type) => type.trim().toLowerCase());
  const fields = written.filter((parameter) => parameter['in'] === 'formData');
  if (fields.length > 0) return formOf(fields, consumes);
  const body = written.find((parameter) => parameter['in'] === 'body');
  if (body === undefined) return undefined;
  const types = consumes.length > 0 ? consumes : ['application/json'];
  return { required: body['required'] === true, media: types.map((type) => mediaOf(type, body['schema'] ?? true)) };
}

function formOf(fields: readonly Loose[], consumes: readonly string[]): Body {
  const files = fields.some((field) => field['type'] === 'file');
  const forms = ['multipart/form-data', 'application/x-www-form-urlencoded'];
  const declared = consumes.filter((type) => forms.includes(type) && !(files && type !== forms[0]));
  const fallback = files ? forms.slice(0, 1) : forms.slice(1);
  const required = fields.filter((field) => field['required'] === true).map((field) => field['name']);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [String(field['name']), schemaIn(field)])),
    required,
    additionalProperties: false,
  };
  const encoding = Object.fromEntries(
    fields
      .filter((field) => field['type'] === 'array')
      .map((field) => {
        const multi = field['collectionFormat'] === 'multi';
        const { style, explode } = multi
          ? { style: 'form', explode: true }
          : writingOf(field['collectionFormat'], 'query');
        return [String(field['name']), { style, explode, decodeFirst: true }];
      }),
  );
  const types = declared.length > 0 ? declared : fallback;
  return { required: required.length > 0, media: types.map((type) => ({ ...mediaOf(type, schema), encoding })) };
}

function mediaOf(type: string, schema: unknown): Media {
  return { type, schema, example: undefined, examples: {}, encoding: {} };
}

function readAnswer(answer: Loose, status: string, produces: readonly string[]): Answer {
  const written = recordOf(answer['examples']);
  const schema = answer['schema'];
  const types = [
    ...new Set([...Object.keys(written), ...produces, ...(produces.length > 0 ? [] : ['application/json'])]),
  ];
  const media = types.map((type) => ({ ...mediaOf(type.toLowerCase(), schema), example: written[type] }));
  const answered = schema !== undefined || Object.keys(written).length > 0;
  return { status, media: answered ? media : [], headers: recordOf(answer['headers']) };
}
