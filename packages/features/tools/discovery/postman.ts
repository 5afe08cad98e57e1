import { isObject, listOf, objectOf, textOf, type Loose } from '../reading/json-value.ts';
import type { DescribedApi, DescribedOperation } from './described-document.ts';
import { postmanOperation, type PostmanRequest } from './postman-request.ts';
import type { Variables } from './postman-url.ts';

const deepestFolder = 20;
const mostRequests = 5_000;

/** A Postman collection (v2.0 and v2.1) as an API; undefined for anything else. */
export function postmanCollectionOf(document: Loose): DescribedApi | undefined {
  // As Postman's own API gives it, the collection lies in a member.
  const collection = isObject(document['collection']) ? document['collection'] : document;
  const info = objectOf(collection['info']);
  if (!/getpostman\.com\/json\/collection\/v2/u.test(textOf(info['schema']) ?? '')) return undefined;
  const variables = variablesOf(collection['variable']);
  const requests = requestsOf(collection, { folders: [], variables, depth: 0 });
  const operations = requests.slice(0, mostRequests).flatMap((request) => postmanOperation(request) ?? []);
  const server = mostUsed(operations.map((operation) => operation.server));
  return {
    title: textOf(info['name']) ?? 'Postman collection',
    version: textOf(info['version']) ?? '',
    server,
    operations: operations.map((operation): DescribedOperation => {
      const { server: own, ...rest } = operation;
      return own === undefined || own === server ? rest : { ...rest, server: own };
    }),
  };
}

interface Folder {
  readonly folders: readonly string[];
  readonly variables: Variables;
  readonly depth: number;
}

function requestsOf(folder: Loose, { folders, variables, depth }: Folder): readonly PostmanRequest[] {
  if (depth > deepestFolder) return [];
  return listOf(folder['item'])
    .filter(isObject)
    .flatMap((item) => {
      const name = textOf(item['name']) ?? '';
      const known = { ...variables, ...variablesOf(item['variable']) };
      if (Array.isArray(item['item'])) {
        return requestsOf(item, { folders: [...folders, name], variables: known, depth: depth + 1 });
      }
      const { request, description } = item;
      return [{ name, folders, request, description, variables: known }];
    });
}

function variablesOf(list: unknown): Variables {
  const entries = listOf(list)
    .filter(isObject)
    .flatMap((variable): readonly (readonly [string, string])[] => {
      const key = textOf(variable['key']) ?? textOf(variable['id']);
      const value = textOf(variable['value']);
      // A variable without a value is one that whoever uses the collection fills.
      return key === undefined || value === undefined || value === '' ? [] : [[key, value]];
    });
  return Object.fromEntries(entries);
}

function mostUsed(servers: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const server of servers) if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}
