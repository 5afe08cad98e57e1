import { isRecord, member, recordOf } from '../document/loose.ts';
import type { Answer, Media } from '../document/operation.ts';
import type { Pointers } from '../document/pointers.ts';
import { generateValue } from '../generate/generate-value.ts';
import { isJsonType, isXmlType } from '../request/media-type.ts';
import type { Schemas } from '../schema/schemas.ts';
import type { Preferences } from './prefer.ts';

interface Writing {
  readonly schemas: Schemas;
  readonly pointers: Pointers;
  readonly preferences: Preferences;
}

const longestHeader = 500;

/** The body of an answer, from an example or from its schema; undefined where the named example is not there. */
export function writeBody(writing: Writing, media: Media): string | undefined {
  const value = valueOf(writing, media);
  if (value === missing) return undefined;
  if (isJsonType(media.type)) return JSON.stringify(value ?? null);
  if (typeof value === 'string') return value;
  if (isXmlType(media.type)) return '<?xml version="1.0" encoding="UTF-8"?>\n<answer/>';
  return typeof value === 'object' || value === undefined ? JSON.stringify(value ?? '') : JSON.stringify(value);
}

const missing = Symbol('the named example is missing');

function valueOf(writing: Writing, media: Media): unknown {
  const { preferences, pointers, schemas } = writing;
  if (preferences.example !== undefined) {
    const named = pointers.record(member(media.examples, preferences.example));
    return named === undefined ? missing : exampleIn(named);
  }
  if (preferences.seed === 0) {
    if (media.example !== undefined) return media.example;
    const [first] = Object.values(media.examples);
    const example = pointers.record(first);
    if (example !== undefined) return exampleIn(example);
  }
  return generateValue(schemas.read(media.schema, 'answer'), {
    follow: schemas.follow,
    valid: (schema, value) => schemas.faults(schema, value).length === 0,
    fill: 'most',
    examples: preferences.seed === 0,
    seed: preferences.seed,
  });
}

function exampleIn(example: Readonly<Record<string, unknown>>): unknown {
  return example['value'] ?? example['dataValue'] ?? example['serializedValue'] ?? example['externalValue'];
}

/** The headers that an answer declares, where a value for them can be told. */
export function writeHeaders(writing: Writing, answer: Answer): Headers {
  const headers = new Headers();
  for (const [name, written] of Object.entries(answer.headers)) {
    const header = writing.pointers.record(written);
    if (header === undefined || !/^[\w!#$%&'*+.^`|~-]+$/u.test(name) || unsent(name.toLowerCase())) continue;
    const value = headerValue(writing, header);
    // oxlint-disable-next-line no-control-regex -- what a header cannot hold
    if (typeof value === 'string' && /^[^\u0000-\u001F\u007F-\uFFFF]*$/u.test(value)) {
      headers.set(name, value.slice(0, longestHeader));
    }
  }
  return headers;
}

function unsent(name: string): boolean {
  return framing.has(name) || elsewhere.has(name);
}

/** Set by the server that sends the answer, whatever it holds. */
const framing = new Set(['content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'connection']);

/** An invented address would send clients to servers that exist. */
const elsewhere = new Set(['location', 'refresh', 'link']);

function headerValue({ schemas }: Writing, header: Readonly<Record<string, unknown>>): unknown {
  const schema = schemas.read(isRecord(header['schema']) ? header['schema'] : header, 'answer');
  const generated =
    header['example'] ??
    recordOf(Object.values(recordOf(header['examples']))[0])['value'] ??
    generateValue(schema, { follow: schemas.follow, valid: () => true, fill: 'least', examples: true });
  if (typeof generated === 'string') return generated;
  return typeof generated === 'number' || typeof generated === 'boolean' ? String(generated) : undefined;
}
