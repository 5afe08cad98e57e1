import { isObject, listOf, scalarOf, textOf, type Loose } from '../reading/json-value.ts';
import type { DescribedApi, DescribedOperation, DescribedParameter, DescribedSchema } from './described-document.ts';

/** The list of web services that SonarQube gives of itself (`/api/webservices/list`) as an API; undefined for anything else. */
export function webServicesOf(document: Loose): DescribedApi | undefined {
  if (!Array.isArray(document['webServices'])) return undefined;
  const operations = listOf(document['webServices']).filter(isObject).flatMap(operationsOf);
  // The list lies two levels below where the paths of its services begin.
  return { title: 'Web services', version: '', server: '../..', operations };
}

function operationsOf(service: Loose): readonly DescribedOperation[] {
  const root = textOf(service['path'])?.replaceAll(/^\/+|\/+$/gu, '');
  if (root === undefined) return [];
  const tag = root.replace(/^api\//u, '');
  return listOf(service['actions'])
    .filter(isObject)
    .flatMap((action) => {
      const key = textOf(action['key']);
      if (key === undefined || action['internal'] === true) return [];
      return [operationOf(action, { path: `/${root}/${key}`, name: `${tag}_${key}`, tag })];
    });
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly tag: string;
}

function operationOf(action: Loose, { path, name, tag }: Place): DescribedOperation {
  const post = action['post'] === true;
  const parameters = listOf(action['params']).filter(
    (entry): entry is Loose => isObject(entry) && entry['internal'] !== true,
  );
  const told = [textOf(action['description']), deprecation(action)].filter((text) => text !== undefined).join(' ');
  const head = { method: post ? 'POST' : 'GET', path, name, description: plain(told), tags: [tag] };
  if (!post) return { ...head, parameters: parameters.flatMap(queryOf) };
  if (parameters.length === 0) return head;
  return { ...head, body: { mediaType: 'application/x-www-form-urlencoded', schema: formOf(parameters) } };
}

function deprecation(action: Loose): string | undefined {
  const since = textOf(action['deprecatedSince']);
  return since === undefined ? undefined : `Deprecated since ${since}.`;
}

function queryOf(parameter: Loose): readonly DescribedParameter[] {
  const name = textOf(parameter['key']);
  if (name === undefined) return [];
  return [{ name, in: 'query', required: parameter['required'] === true, schema: schemaOf(parameter) }];
}

function formOf(parameters: readonly Loose[]): DescribedSchema {
  const named = parameters.flatMap((parameter) => {
    const name = textOf(parameter['key']);
    return name === undefined ? [] : [{ name, parameter }];
  });
  const required = named.filter(({ parameter }) => parameter['required'] === true).map(({ name }) => name);
  const properties = Object.fromEntries(named.map(({ name, parameter }) => [name, schemaOf(parameter)]));
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function schemaOf(parameter: Loose): DescribedSchema {
  const values = listOf(parameter['possibleValues']).filter((value) => typeof value === 'string');
  const description = plain(textOf(parameter['description']) ?? '');
  const initial = scalarOf(parameter['defaultValue']);
  const example = scalarOf(parameter['exampleValue']);
  // Several of the values may be given at once, with commas between them, so they are told and not enforced.
  const told = [description, values.length === 0 ? '' : `Values: ${values.slice(0, 40).join(', ')}.`];
  return {
    type: 'string',
    ...(told.some((text) => text !== '') ? { description: told.filter((text) => text !== '').join(' ') } : {}),
    ...(initial === '' ? {} : { default: initial }),
    ...(example === '' ? {} : { examples: [example] }),
  };
}

/** Descriptions are written in HTML. */
function plain(text: string): string {
  return text
    .replaceAll(/<[^<>]{0,200}>/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
