import type { PartEncoding } from '../calling/binding.ts';
import { listOf, objectOf, own, textOf, type Loose } from '../reading/json-value.ts';
import { essenceOf } from '../reading/media-types.ts';
import type { References } from '../reading/references.ts';
import { isBinary, type ApiBody } from '../reading/request-body.ts';

const deepest = 6;

/** The properties that a schema or any of its alternatives declares. */
export function propertiesWithin(references: References, schema: unknown, depth = 0): ReadonlyMap<string, unknown> {
  const object = references.object(schema);
  if (object === undefined || depth > deepest) return new Map();
  const parts = ['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => listOf(object[keyword]));
  return new Map([
    ...parts.flatMap((part) => [...propertiesWithin(references, part, depth + 1)]),
    ...Object.entries(objectOf(object['properties'])),
  ]);
}

/** How the fields of a form are sent, as far as it is not the usual way. */
export function encodingsOf(
  references: References,
  { encoding, encodings }: ApiBody,
  properties: ReadonlyMap<string, unknown>,
): Readonly<Record<string, PartEncoding>> {
  if (encoding !== 'form' && encoding !== 'multipart') return {};
  const names = [...new Set([...properties.keys(), ...Object.keys(encodings)])].filter((name) => name !== '__proto__');
  const parts = names.map((name) => {
    const declared = objectOf(references.object(own(encodings, name)));
    const schema = properties.get(name);
    const file = encoding === 'multipart' && isFile(references, schema);
    return [
      name,
      { ...declaredEncoding(declared), ...(file ? fileEncoding(references, schema, declared) : {}) },
    ] as const;
  });
  return Object.fromEntries(parts.filter(([, part]) => Object.keys(part).length > 0));
}

function declaredEncoding(declared: Loose): PartEncoding {
  const contentType = contentTypeOf(declared);
  const style = textOf(declared['style']);
  const { explode, allowReserved } = declared;
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(style === undefined ? {} : { style }),
    ...(typeof explode === 'boolean' ? { explode } : {}),
    ...(allowReserved === true ? { allowReserved } : {}),
  };
}

/** The first type that can be sent as it stands. */
function contentTypeOf(declared: Loose): string | undefined {
  const types = (textOf(declared['contentType']) ?? '').split(',').map((type) => type.trim());
  return types.find((type) => /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w-]+=[\w.+-]+)*$/u.test(type));
}

/** What a file is of, where the document says it in the schema. */
function fileEncoding(references: References, schema: unknown, declared: Loose): PartEncoding {
  const media = references.object(schema)?.['contentMediaType'];
  const told = typeof media === 'string' && declared['contentType'] === undefined && !essenceOf(media).includes('*');
  return { file: true, ...(told ? { contentType: essenceOf(media) } : {}) };
}

/** Whether a property is a file, a list of files, or either. */
function isFile(references: References, schema: unknown, depth = 0): boolean {
  if (isBinary(references, schema)) return true;
  const object = references.object(schema);
  if (object === undefined || depth > deepest) return false;
  const alternatives = [object['items'], ...['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => listOf(object[keyword]))];
  return alternatives.some((part) => isFile(references, part, depth + 1));
}
