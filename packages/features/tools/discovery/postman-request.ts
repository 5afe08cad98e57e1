import { isObject, listOf, objectOf, textOf, type Loose } from '../reading/json-value.ts';
import type { DescribedOperation, DescribedParameter, DescribedSchema } from './described-document.ts';
import { postmanUrl, toldOf, type Variables } from './postman-url.ts';
import { schemaOfExample } from './schema-of-example.ts';

/** One request of a collection, with the folders that it lies in and the variables that are known there. */
export interface PostmanRequest {
  readonly name: string;
  readonly folders: readonly string[];
  readonly request: unknown;
  readonly description: unknown;
  readonly variables: Variables;
}

/** One request of a collection as an operation; undefined where it goes nowhere. */
export function postmanOperation(item: PostmanRequest): DescribedOperation | undefined {
  const { name, folders, variables } = item;
  const request: Loose = typeof item.request === 'string' ? { url: item.request } : objectOf(item.request);
  const url = postmanUrl(request['url'], variables);
  if (url === undefined) return undefined;
  const method = (textOf(request['method']) ?? 'GET').toUpperCase();
  const headers = headersOf(request['header']);
  const body = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(objectOf(request['body']), request['header']);
  return {
    method,
    path: url.path,
    name: nameOf(name, `${method} ${url.path}`),
    title: name === '' ? undefined : name,
    description: toldOf(request['description']) ?? toldOf(item.description),
    tags: folders.filter((folder) => folder !== '').slice(0, 1),
    parameters: [...url.parameters, ...headers],
    server: url.server,
    ...(body === undefined ? {} : { body }),
  };
}

function nameOf(name: string, otherwise: string): string {
  const words = (name === '' ? otherwise : name)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '_')
    .replaceAll(/^_+|_+$/gu, '');
  return words === '' ? 'request' : words;
}

/** Headers that a request has by itself, or by its credential. */
const own = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'user-agent',
]);

function headersOf(list: unknown): readonly DescribedParameter[] {
  return listOf(list)
    .filter(isObject)
    .flatMap((header) => {
      const name = textOf(header['key']);
      if (name === undefined || name === '' || own.has(name.toLowerCase())) return [];
      return [{ name, in: 'header' as const, description: toldOf(header['description']) }];
    });
}

type Body = NonNullable<DescribedOperation['body']>;

function bodyOf(body: Loose, headers: unknown): Body | undefined {
  switch (textOf(body['mode']) ?? '') {
    case 'raw':
      return rawBody(body, headers);
    case 'urlencoded':
      return { mediaType: 'application/x-www-form-urlencoded', schema: fieldsOf(body['urlencoded']) };
    case 'formdata':
      return { mediaType: 'multipart/form-data', schema: fieldsOf(body['formdata']) };
    case 'file':
      return { mediaType: 'application/octet-stream', schema: { type: 'string', format: 'binary' } };
    case 'graphql':
      return { mediaType: 'application/json', schema: graphqlSchema(objectOf(body['graphql'])) };
    default:
      return undefined;
  }
}

const languages: Readonly<Record<string, string>> = {
  json: 'application/json',
  xml: 'application/xml',
  html: 'text/html',
  text: 'text/plain',
  javascript: 'text/javascript',
};

function rawBody(body: Loose, headers: unknown): Body | undefined {
  const raw = textOf(body['raw']) ?? '';
  const language = textOf(objectOf(objectOf(body['options'])['raw'])['language']);
  const declared = listOf(headers)
    .filter(isObject)
    .find((header) => textOf(header['key'])?.toLowerCase() === 'content-type');
  const json = jsonOf(raw);
  if (raw.trim() === '' && language === undefined) return undefined;
  const mediaType =
    textOf(declared?.['value']) ??
    languages[language ?? ''] ??
    (json === undefined ? 'text/plain' : 'application/json');
  if (!/\bjson\b/u.test(mediaType)) return { mediaType, schema: { type: 'string' } };
  const schema = json === undefined ? {} : schemaOfExample(json.value);
  return { mediaType, schema };
}

/** What an example is once variables stand for some of its values, where it is JSON at all. */
function jsonOf(raw: string): { readonly value: unknown } | undefined {
  for (const text of [raw, raw.replaceAll(/(?<!["\w])\{\{[^{}]*\}\}(?!["\w])/gu, 'null')]) {
    try {
      return { value: JSON.parse(text) as unknown };
    } catch {
      // The next form may be readable; one that never is stays a body that anything fits.
    }
  }
  return undefined;
}

function fieldsOf(list: unknown): DescribedSchema {
  const fields = listOf(list)
    .filter(isObject)
    .flatMap((field): readonly (readonly [string, DescribedSchema])[] => {
      const name = textOf(field['key']);
      if (name === undefined || name === '') return [];
      const description = toldOf(field['description']);
      const told = description === undefined ? {} : { description };
      const file = field['type'] === 'file' ? { format: 'binary' } : {};
      return [[name, { type: 'string', ...file, ...told }]];
    });
  return { type: 'object', properties: Object.fromEntries(fields) };
}

function graphqlSchema({ query }: Loose): DescribedSchema {
  const text = textOf(query);
  const fixed = text === undefined || text === '' ? { type: 'string' } : { type: 'string', default: text };
  return { type: 'object', properties: { query: fixed, variables: { type: 'object' } }, required: ['query'] };
}
