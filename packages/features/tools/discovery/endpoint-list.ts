import { isObject, listOf, scalarOf, textOf, type Loose } from '../reading/json-value.ts';
import type { DescribedApi, DescribedOperation, DescribedParameter, DescribedSchema } from './described-document.ts';

const lists = ['endpoints', 'routes', 'operations', 'apis'] as const;
const methodPattern = /^(?:GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH)$/u;
const mostOperations = 5_000;

/**
 * A plain list of endpoints as an API: `{ endpoints: [{ method, path, description, parameters, body }] }` and its usual
 * variations; undefined for anything else.
 */
export function endpointListOf(document: Loose): DescribedApi | undefined {
  const list = lists.map((name) => document[name]).find((value) => isList(value));
  if (list === undefined) return undefined;
  const operations = entriesOf(list).slice(0, mostOperations).flatMap(operationOf);
  if (operations.length === 0) return undefined;
  const info = isObject(document['info']) ? document['info'] : document;
  return {
    title: first(info, ['title', 'name']) ?? 'API',
    version: scalarOf(info['version']),
    server: first(document, ['baseUrl', 'base_url', 'basePath', 'server', 'url']),
    operations,
  };
}

function isList(value: unknown): boolean {
  return Array.isArray(value)
    ? value.some(isObject)
    : isObject(value) && Object.keys(value).some((key) => callPattern.test(key));
}

const callPattern = /^(?<method>[A-Z]+)\s+(?<path>\/\S*)$/u;

/** Entries of a list, or of an object whose members are called `GET /path`. */
function entriesOf(list: unknown): readonly Loose[] {
  if (Array.isArray(list)) return list.filter(isObject);
  return Object.entries(isObject(list) ? list : {}).flatMap(([key, value]) => {
    const { method, path } = callPattern.exec(key)?.groups ?? {};
    if (method === undefined || path === undefined) return [];
    return [{ ...(isObject(value) ? value : { description: value }), method, path }];
  });
}

function operationOf(entry: Loose): readonly DescribedOperation[] {
  const path = first(entry, ['path', 'url', 'uri', 'route', 'endpoint']);
  const methods = entry['methods'] ?? entry['method'] ?? entry['verb'] ?? entry['httpMethod'] ?? 'GET';
  if (path === undefined) return [];
  const template = path.replace(/^https?:\/\/[^/]+/iu, '').replaceAll(/(?<=\/):([A-Za-z0-9_]+)/gu, '{$1}');
  const usable = (Array.isArray(methods) ? methods : [methods]).map((method) => scalarOf(method).toUpperCase());
  return usable
    .filter((method) => methodPattern.test(method))
    .map((method) => ({
      method,
      path: template.startsWith('/') ? template : `/${template}`,
      name: first(entry, ['operationId', 'id', 'name']) ?? `${method.toLowerCase()} ${template}`,
      title: first(entry, ['summary', 'title', 'name']),
      description: first(entry, ['description', 'doc', 'help', 'summary']),
      parameters: parametersOf(entry, template, method),
      ...bodyOf(entry, method),
    }));
}

function parametersOf(entry: Loose, path: string, method: string): readonly DescribedParameter[] {
  const inPath = new Set([...path.matchAll(/\{([^{}]+)\}/gu)].map(([, name]) => name));
  const declared = ['parameters', 'params', 'query', 'queryParameters', 'query_params', 'headers'].flatMap((member) =>
    fieldsOf(entry[member]).map((field) => ({ member, field })),
  );
  const parameters = declared.flatMap(({ member, field }): readonly DescribedParameter[] => {
    const stated = textOf(field.detail['in'])?.toLowerCase();
    // In a list that says nothing of places, what is not of the path goes where the method takes it.
    if (
      stated === 'body' ||
      (stated === undefined && member.startsWith('param') && method !== 'GET' && !inPath.has(field.name))
    )
      return [];
    const place = inPath.has(field.name) ? 'path' : stated === 'header' || member === 'headers' ? 'header' : 'query';
    const required = field.detail['required'] === true;
    return [
      {
        name: field.name,
        in: place,
        required,
        description: textOf(field.detail['description']),
        schema: schemaOf(field.detail),
      },
    ];
  });
  return [...new Map(parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter])).values()];
}

function bodyOf(entry: Loose, method: string): Pick<DescribedOperation, 'body'> {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return {};
  const given = entry['body'] ?? entry['requestBody'] ?? entry['payload'];
  if (isObject(given) && (given['type'] === 'object' || isObject(given['properties']))) {
    return { body: { mediaType: 'application/json', schema: given, required: false } };
  }
  const fields = bodyFields(entry, given);
  if (fields.length === 0) return {};
  const required = fields.filter(({ detail }) => detail['required'] === true).map(({ name }) => name);
  const properties = Object.fromEntries(fields.map(({ name, detail }) => [name, schemaOf(detail)]));
  const schema = { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
  return { body: { mediaType: 'application/json', schema } };
}

function bodyFields(entry: Loose, given: unknown): readonly Field[] {
  const path = first(entry, ['path', 'url', 'uri', 'route', 'endpoint']) ?? '';
  const unplaced = fieldsOf(entry['params'] ?? entry['parameters']).filter(({ detail }) => staysInBody(detail));
  return [...fieldsOf(given), ...unplaced].filter(
    ({ name }) => !path.includes(`{${name}}`) && !path.includes(`:${name}`),
  );
}

function staysInBody(detail: Loose): boolean {
  const stated = textOf(detail['in'])?.toLowerCase();
  return stated === undefined || stated === 'body';
}

interface Field {
  readonly name: string;
  readonly detail: Loose;
}

/** Fields as a list of names, a list of objects, or an object by name. */
function fieldsOf(fields: unknown): readonly Field[] {
  if (Array.isArray(fields)) {
    return fields.flatMap((field) => {
      if (typeof field === 'string') return [{ name: field, detail: {} }];
      const name = isObject(field) ? first(field, ['name', 'key', 'id']) : undefined;
      return name === undefined || !isObject(field) ? [] : [{ name, detail: field }];
    });
  }
  return Object.entries(isObject(fields) ? fields : {}).map(([name, detail]) => ({
    name,
    detail: isObject(detail) ? detail : { description: textOf(detail) },
  }));
}

const types: Readonly<Record<string, string>> = {
  string: 'string',
  str: 'string',
  text: 'string',
  integer: 'integer',
  int: 'integer',
  number: 'number',
  float: 'number',
  boolean: 'boolean',
  bool: 'boolean',
  array: 'array',
  list: 'array',
  object: 'object',
};

function schemaOf(detail: Loose): DescribedSchema {
  if (isObject(detail['schema'])) return detail['schema'];
  const type = types[textOf(detail['type'])?.toLowerCase() ?? ''];
  const values = listOf(detail['enum'] ?? detail['values']).filter((value) => typeof value === 'string');
  const description = textOf(detail['description']);
  return {
    ...(type === undefined ? {} : { type }),
    ...(values.length === 0 ? {} : { enum: values }),
    ...(description === undefined ? {} : { description }),
    ...(detail['default'] === undefined ? {} : { default: detail['default'] }),
  };
}

function first(entry: Loose, names: readonly string[]): string | undefined {
  return names.map((name) => textOf(entry[name])).find((text) => text !== undefined && text !== '');
}
