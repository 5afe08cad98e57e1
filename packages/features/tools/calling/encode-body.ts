import { MeshError } from '@devmesh/foundation';
import { isObject } from '../reading/json-value.ts';
import type { BodyBinding, PartEncoding } from './binding.ts';
import { parseFile } from './file-argument.ts';
import { isJsonType } from './media-type.ts';
import { encodeMultipart } from './multipart.ts';
import { forArgument, refusal } from './refusal.ts';
import { contentText, joinPairs, textOfValue, toPairs, type Pair } from './serialize-parameter.ts';

/** A body as it is sent. */
export interface EncodedBody {
  readonly contentType: string;
  readonly content: string | Uint8Array;
}

/** One property of a body. */
export interface BodyPart {
  readonly name: string;
  /** Where its value came from, for messages. */
  readonly argument: string;
  readonly value: unknown;
  readonly encoding: PartEncoding;
}

type Values = Readonly<Record<string, unknown>>;

const largestBody = 32 * 1024 * 1024;

/** The body of a call; undefined where no argument of it is given. Throws `invalid_request`, and `too_large` over 32 MiB. */
export function encodeBody(binding: BodyBinding, values: Values): EncodedBody | undefined {
  const encoded = encoders[binding.encoding ?? 'json'](binding, values);
  if (encoded === undefined) return undefined;
  const { content } = encoded;
  if ((typeof content === 'string' ? Buffer.byteLength(content) : content.length) > largestBody) {
    throw new MeshError('too_large', `The body of a call must not be larger than ${String(largestBody)} bytes.`);
  }
  return encoded;
}

type Encoder = (binding: BodyBinding, values: Values) => EncodedBody | undefined;

const encoders: Readonly<Record<NonNullable<BodyBinding['encoding']>, Encoder>> = {
  json: (binding, values) => {
    const given = valueOf(binding, values);
    if (given === undefined) return undefined;
    return { contentType: concrete(binding.mediaType, 'application/json'), content: jsonText(binding, given.value) };
  },
  form: (binding, values) => {
    const parts = partsOf(binding, values);
    if (parts === undefined) return undefined;
    const content = joinPairs(parts.flatMap((part) => forArgument(part.argument, () => fieldPairs(part))));
    // As forms write a space; a plus of a value is encoded.
    return { contentType: binding.mediaType, content: content.replaceAll('%20', '+') };
  },
  multipart: (binding, values) => {
    const parts = partsOf(binding, values);
    return parts === undefined ? undefined : encodeMultipart(binding.mediaType, parts);
  },
  text: (binding, values) => {
    const given = valueOf(binding, values);
    if (given === undefined) return undefined;
    const content = textOfValue(given.value);
    return { contentType: withCharset(concrete(binding.mediaType, 'text/plain'), content), content };
  },
  bytes: (binding, values) => {
    const given = valueOf(binding, values);
    if (given === undefined) return undefined;
    const file = parseFile(given.value, given.argument);
    const named = file.mediaType ?? (file.text ? 'text/plain; charset=utf-8' : 'application/octet-stream');
    return { contentType: concrete(binding.mediaType, named), content: file.bytes };
  },
};

/** The one value of a body: of its argument, or an object of its properties. */
function valueOf(
  binding: BodyBinding,
  values: Values,
): { readonly argument: string; readonly value: unknown } | undefined {
  if ('argument' in binding) {
    const { argument } = binding;
    return Object.hasOwn(values, argument) ? { argument, value: values[argument] } : undefined;
  }
  const value = Object.fromEntries(givenProperties(binding.properties, values));
  return { argument: 'body', value };
}

function givenProperties(
  properties: Readonly<Record<string, string>>,
  values: Values,
): readonly (readonly [string, unknown])[] {
  return Object.entries(properties)
    .filter(([argument]) => Object.hasOwn(values, argument))
    .map(([argument, name]) => [name, values[argument]]);
}

function partsOf(binding: BodyBinding, values: Values): readonly BodyPart[] | undefined {
  const { parts: encodings = {} } = binding;
  const partOf = (name: string, argument: string, value: unknown): BodyPart => ({
    name,
    argument,
    value,
    encoding: Object.hasOwn(encodings, name) ? (encodings[name] ?? {}) : {},
  });
  if ('properties' in binding) {
    return Object.entries(binding.properties)
      .filter(([argument]) => Object.hasOwn(values, argument))
      .map(([argument, name]) => partOf(name, argument, values[argument]));
  }
  const { argument } = binding;
  if (!Object.hasOwn(values, argument)) return undefined;
  const value = values[argument];
  if (Array.isArray(value)) return value.map((item) => partOf('', argument, item));
  if (!isObject(value)) throw refusal(argument, 'must be an object of the fields that are sent');
  return Object.entries(value).map(([name, field]) => partOf(name, `${argument}.${name}`, field));
}

/** A field of a form: by its style where it has one, by its content type, or JSON where it is more than a value or a list of values. */
function fieldPairs({ name, value, encoding, argument }: BodyPart): readonly Pair[] {
  const { style, explode, contentType, allowReserved, file } = encoding;
  if (file === true) {
    const text = Buffer.from(parseFile(value, argument).bytes).toString('utf8');
    return toPairs({ name, style: 'form', explode: true }, text);
  }
  if (style !== undefined || explode !== undefined) {
    const written = style ?? 'form';
    const styled = { name, style: written, explode: explode ?? written === 'form' };
    return toPairs(allowReserved === true ? { ...styled, allowReserved } : styled, value);
  }
  if (contentType !== undefined && isJsonType(contentType))
    return toPairs({ name, style: 'form', explode: true, json: true }, value);
  const plain = Array.isArray(value) ? value.map(jsonOfNested) : jsonOfNested(value);
  return toPairs({ name, style: 'form', explode: true }, plain);
}

function jsonOfNested(value: unknown): unknown {
  return isObject(value) || Array.isArray(value) ? contentText({ json: true }, value) : value;
}

/** The media type where it names one type; `fallback` for a range such as `image/*`. */
function concrete(mediaType: string, fallback: string): string {
  return mediaType.includes('*') ? fallback : mediaType;
}

function withCharset(mediaType: string, text: string): string {
  if (!/^text\//iu.test(mediaType) || /;\s*charset=/iu.test(mediaType)) return mediaType;
  return Buffer.byteLength(text) > text.length ? `${mediaType}; charset=utf-8` : mediaType;
}

/** Sequences of JSON texts have one a line, or each behind a record separator (RFC 7464). */
function jsonText({ mediaType }: BodyBinding, value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (/^application\/(?:x-)?(?:ndjson|jsonl|json-lines|jsonlines)\b/iu.test(mediaType)) {
    return value.map((item) => `${JSON.stringify(item)}\n`).join('');
  }
  if (/^application\/(?:[^;]+\+)?json-seq\b/iu.test(mediaType)) {
    return value.map((item) => `\u001E${JSON.stringify(item)}\n`).join('');
  }
  return JSON.stringify(value);
}
