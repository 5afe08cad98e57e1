import type { BodyEncoding } from '../calling/binding.ts';
import { objectOf, textOf, type Loose } from './json-value.ts';
import { essenceOf, isRange, mediaTypesOf, type MediaType } from './media-types.ts';
import { examplesOf } from './parameters.ts';
import type { References } from './references.ts';
import type { Remarks } from './remarks.ts';

/** The body of an operation, of the media type that was chosen. */
export interface ApiBody {
  readonly required: boolean;
  readonly description: string | undefined;
  /** What is sent as Content-Type. */
  readonly mediaType: string;
  readonly encoding: BodyEncoding;
  /** Unconverted; undefined where the document has none. */
  readonly schema: unknown;
  readonly examples: readonly unknown[];
  /** Encoding Objects by property. */
  readonly encodings: Loose;
}

/** The request body of an operation; undefined where it has none. One that cannot be read is left open. */
export function readBody(references: References, operation: Loose, remarks: Remarks): ApiBody | undefined {
  const declared = operation['requestBody'];
  if (declared === undefined || declared === null) return undefined;
  const body = references.object(declared);
  if (body === undefined) {
    remarks.add('body_left_open', `its body cannot be read: ${references.problemOf(declared)}`);
    return { ...jsonBody, required: false, description: undefined };
  }
  const told = { required: body['required'] === true, description: textOf(body['description']) };
  const content = contentOf(body);
  const [best] = mediaTypesOf(content);
  if (best === undefined) return undefined;
  if (!essenceOf(best.key).includes('/')) {
    remarks.add('media_type_guessed', `"${best.key.slice(0, 100)}" is no media type; its body is sent as JSON`);
  }
  const media = references.object(content[best.key]) ?? {};
  return { ...told, ...chosen(references, best, media), encodings: objectOf(media['encoding']) };
}

const jsonBody = {
  mediaType: 'application/json',
  encoding: 'json',
  schema: undefined,
  examples: [],
  encodings: {},
} as const;

/** Some authors leave `content` out and put the schema where Swagger 2.0 has it. */
function contentOf(body: Loose): Loose {
  if (body['content'] === undefined && body['schema'] !== undefined) return { 'application/json': body };
  return objectOf(body['content']);
}

function chosen(
  references: References,
  type: MediaType,
  media: Loose,
): Pick<ApiBody, 'mediaType' | 'encoding' | 'schema' | 'examples'> {
  const schema = schemaOf(media);
  const examples = examplesOf(references, media);
  if (isRange(type.key) && isBinary(references, schema)) {
    return { mediaType: 'application/octet-stream', encoding: 'bytes', schema, examples: [] };
  }
  return { mediaType: type.sent, encoding: type.encoding, schema, examples };
}

/** OpenAPI 3.2 describes the items of a stream of values by themselves. */
function schemaOf(media: Loose): unknown {
  if (media['schema'] !== undefined || media['itemSchema'] === undefined) return media['schema'];
  return { type: 'array', items: media['itemSchema'] };
}

/** Whether a schema describes bytes, in the words of any version. */
export function isBinary(references: References, schema: unknown): boolean {
  const found = references.object(schema);
  if (found === undefined) return false;
  if (found['type'] === 'file' || found['format'] === 'binary') return true;
  const media = found['contentMediaType'];
  if (typeof media !== 'string' || found['contentEncoding'] !== undefined) return false;
  const [type] = mediaTypesOf({ [media]: {} });
  return type?.encoding === 'bytes';
}
