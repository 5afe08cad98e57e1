import { isObject, listOf, objectOf, textOf, type Loose } from './json-value.ts';
import type { References } from './references.ts';

const verbs: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/**
 * A Swagger 2.0 document in the terms of OpenAPI 3.0, as far as calling needs: servers, parameters with schemas,
 * request bodies. Schemas stay where they are, so that references into `definitions` still lead somewhere.
 */
export function upgradeSwagger(document: Loose, references: References, documentUrl: string | undefined): Loose {
  const paths = Object.fromEntries(
    Object.entries(objectOf(document['paths'])).map(([path, item]) => [
      path,
      upgradePathItem({ document, references }, item),
    ]),
  );
  return { ...document, servers: serversOf(document, documentUrl), paths };
}

interface Upgrade {
  readonly document: Loose;
  readonly references: References;
}

function serversOf(document: Loose, documentUrl: string | undefined): readonly Loose[] {
  const path = `/${(textOf(document['basePath']) ?? '').replace(/^\/+/u, '')}`;
  const host = textOf(document['host']);
  if (host === undefined) return [{ url: path }];
  const schemes = listOf(document['schemes']);
  const own = documentUrl?.startsWith('http:') === true ? 'http' : 'https';
  const scheme = ['https', 'http'].find((candidate) => schemes.includes(candidate)) ?? own;
  return [{ url: `${scheme}://${host}${path}` }];
}

function upgradePathItem(upgrade: Upgrade, item: unknown): unknown {
  const pathItem = upgrade.references.object(item);
  if (pathItem === undefined) return item;
  const shared = listOf(pathItem['parameters']);
  const operations = Object.entries(pathItem)
    .filter(([verb, operation]) => verbs.has(verb.toLowerCase()) && isObject(operation))
    .map(([verb, operation]) => [verb, upgradeOperation(upgrade, objectOf(operation), shared)]);
  return Object.fromEntries(operations);
}

function upgradeOperation(upgrade: Upgrade, operation: Loose, shared: readonly unknown[]): Loose {
  const parameters = mergeParameters(upgrade, shared, listOf(operation['parameters']));
  const body = parameters.find((parameter) => parameter['in'] === 'body');
  const fields = parameters.filter((parameter) => parameter['in'] === 'formData');
  const consumes = mediaTypes(operation['consumes'] ?? upgrade.document['consumes']);
  const requestBody =
    fields.length > 0 ? formBody(fields, consumes) : body === undefined ? undefined : jsonBody(body, consumes);
  return {
    ...operation,
    parameters: parameters
      .filter((parameter) => parameter['in'] !== 'body' && parameter['in'] !== 'formData')
      .map(upgradeParameter),
    ...(requestBody === undefined ? {} : { requestBody }),
  };
}

function mergeParameters(upgrade: Upgrade, shared: readonly unknown[], local: readonly unknown[]): readonly Loose[] {
  const merged = new Map<string, Loose>();
  for (const [index, candidate] of [...shared, ...local].entries()) {
    const parameter = upgrade.references.object(candidate);
    if (parameter !== undefined) merged.set(`${String(parameter['in'])} ${String(parameter['name'])}`, parameter);
    // What cannot be read stays as it is, so that it is told.
    else if (isObject(candidate)) merged.set(`unread ${String(index)}`, candidate);
  }
  return [...merged.values()];
}

function mediaTypes(value: unknown): readonly string[] {
  return listOf(value).filter((type) => typeof type === 'string');
}

function jsonBody(body: Loose, consumes: readonly string[]): Loose {
  const types = consumes.length > 0 ? consumes : ['application/json'];
  return {
    required: body['required'] === true,
    description: body['description'],
    content: Object.fromEntries(types.map((type) => [type, { schema: body['schema'] }])),
  };
}

function formBody(fields: readonly Loose[], consumes: readonly string[]): Loose {
  const multipart = fields.some((field) => field['type'] === 'file') || consumes.includes('multipart/form-data');
  const required = fields.filter((field) => field['required'] === true).map((field) => field['name']);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [String(field['name']), schemaOf(field)])),
    required,
  };
  const encoding = Object.fromEntries(
    fields.filter((field) => field['type'] === 'array').map((field) => [String(field['name']), fieldStyle(field)]),
  );
  const mediaType = multipart ? 'multipart/form-data' : 'application/x-www-form-urlencoded';
  return { required: required.length > 0, content: { [mediaType]: { schema, encoding } } };
}

const notSchema: ReadonlySet<string> = new Set(['name', 'in', 'required', 'allowEmptyValue', 'collectionFormat']);

function schemaOf(parameter: Loose): Loose {
  const entries = Object.entries(parameter).filter(([key]) => !notSchema.has(key) && !key.startsWith('x-'));
  const schema = Object.fromEntries(entries);
  return schema['type'] === 'file' ? { ...schema, type: 'string', format: 'binary' } : schema;
}

function upgradeParameter(parameter: Loose): Loose {
  if (typeof parameter['$ref'] === 'string') return parameter;
  return {
    name: parameter['name'],
    in: parameter['in'],
    required: parameter['required'],
    description: parameter['description'],
    schema: schemaOf(parameter),
    allowEmptyValue: parameter['allowEmptyValue'],
    ...styleOf(parameter, parameter['in'] === 'query'),
  };
}

/** The fields of a form are separated as those of a query are. */
function fieldStyle(field: Loose): Loose {
  return { style: 'form', ...styleOf(field, true) };
}

const separated: Readonly<Record<string, string>> = {
  ssv: 'spaceDelimited',
  tsv: 'tabDelimited',
  pipes: 'pipeDelimited',
};

function styleOf({ collectionFormat }: Loose, separable: boolean): Loose {
  if (collectionFormat === 'multi') return { style: 'form', explode: true };
  const style = typeof collectionFormat === 'string' && separable ? separated[collectionFormat] : undefined;
  return style === undefined ? { explode: false } : { style, explode: false };
}
