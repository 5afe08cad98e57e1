import type { BodyBinding, BodyEncoding } from '../calling/binding.ts';
import { fileSchema } from '../calling/file-argument.ts';
import { isObject } from '../reading/json-value.ts';
import type { References } from '../reading/references.ts';
import type { ApiBody } from '../reading/request-body.ts';
import { argumentName, described, type ArgumentLayout } from './argument-layout.ts';
import { encodingsOf, propertiesWithin } from './body-parts.ts';
import type { SubSchema } from './json-schema.ts';
import { readTypes } from './keywords.ts';
import { objectBody, type ObjectBody } from './object-body.ts';
import { visibleValue } from './visible-value.ts';

/** Lays out the arguments of a body: one for each property of a plain object, one for the whole of any other. */
export function placeBody(layout: ArgumentLayout, references: References, given: ApiBody): BodyBinding {
  const body = given.encoding === 'multipart' ? withFields(layout, references, given) : given;
  if (body.encoding === 'text' || body.encoding === 'bytes') return placeWhole(layout, references, body);
  const object = objectBody(references, body.schema);
  const names = object === undefined ? undefined : argumentsOf(layout, body, object);
  if (object === undefined || names === undefined) return placeWhole(layout, references, body);
  for (const [name, schema] of object.properties) {
    const argument = argumentName(name);
    layout.properties.set(argument, layout.take(schema));
    if (object.required.has(name)) layout.required.add(argument);
  }
  return { ...encodedAs(references, body, object.properties), properties: names };
}

/** Argument by property, where every property can be an argument of its own; a required body property of an optional body cannot. */
function argumentsOf(layout: ArgumentLayout, body: ApiBody, object: ObjectBody): Record<string, string> | undefined {
  const names = [...object.properties.keys()];
  const wanted = new Set(names.map(argumentName));
  const free = [...wanted].every((argument) => !layout.properties.has(argument));
  if (wanted.size < names.length || !free) return undefined;
  if (!body.required && object.required.size > 0) return undefined;
  return Object.fromEntries(names.map((name) => [argumentName(name), name]));
}

/** Parts have names; a document that describes the file alone means one part of it. */
function withFields(layout: ArgumentLayout, references: References, body: ApiBody): ApiBody {
  const found = references.object(body.schema);
  const types = readTypes(found?.['type']);
  if (found === undefined || types.length === 0 || types.includes('object')) return body;
  layout.remarks.add(
    'media_type_guessed',
    'its form declares no fields; what it describes is sent as the field "file"',
  );
  const file = { type: 'string', format: 'binary' };
  const schema = types.includes('array') ? { anyOf: [file, { type: 'array', items: file }] } : file;
  return {
    ...body,
    schema: { type: 'object', properties: { file: schema }, ...(body.required ? { required: ['file'] } : {}) },
  };
}

function placeWhole(layout: ArgumentLayout, references: References, body: ApiBody): BodyBinding {
  const argument = layout.freeName('body', 'request');
  const schema = wholeSchema(layout, references, body);
  const description = body.description ?? (hasDescription(schema) ? undefined : wholeDescriptions[body.encoding]);
  const examples = body.examples.map((example) => visibleValue({ references, side: 'input' }, body.schema, example));
  layout.properties.set(argument, described(schema, { description, examples }));
  if (body.required) layout.required.add(argument);
  return { ...encodedAs(references, body, propertiesWithin(references, body.schema)), argument };
}

const wholeDescriptions: Readonly<Record<BodyEncoding, string>> = {
  json: 'The JSON body.',
  form: 'The fields of the form.',
  multipart: 'The fields of the form.',
  text: 'The body as text.',
  bytes: 'The body, a file.',
};

function hasDescription(schema: SubSchema): boolean {
  return isObject(schema) && schema['description'] !== undefined;
}

function wholeSchema(layout: ArgumentLayout, references: References, body: ApiBody): SubSchema {
  if (body.encoding === 'bytes') return fileSchema(wholeDescriptions.bytes);
  if (body.encoding === 'text') return textSchema(layout, references, body);
  const fields = body.encoding === 'form' || body.encoding === 'multipart';
  return fields && body.schema === undefined ? { type: 'object' } : layout.take(body.schema);
}

/** Values that have a text of their own keep their schema; the text of any other is written by the caller. */
function textSchema(layout: ArgumentLayout, references: References, { schema, mediaType }: ApiBody): SubSchema {
  const types = readTypes(references.object(schema)?.['type']);
  const scalar = types.length > 0 && types.every((type) => type !== 'object' && type !== 'array');
  return scalar ? layout.take(schema) : { type: 'string', description: `The body as text (${mediaType}).` };
}

function encodedAs(
  references: References,
  body: ApiBody,
  properties: ReadonlyMap<string, unknown>,
): Pick<BodyBinding, 'mediaType' | 'encoding' | 'parts'> {
  if (body.encoding === 'json') return { mediaType: body.mediaType };
  const parts = encodingsOf(references, body, properties);
  const named = Object.keys(parts).length > 0 ? { parts } : {};
  return { mediaType: body.mediaType, encoding: body.encoding, ...named };
}
