import { MeshError } from '@devmesh/foundation';
import type { JsonSchema } from '../schema/json-schema.ts';

/** What the address of an operation that is read as a resource says. */
export interface ResourceAddress {
  readonly service: string;
  /** The name of the operation as it is exposed. */
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const scheme = 'devmesh://tools/';
const pattern = /^devmesh:\/\/tools\/([a-z][a-z0-9_]{0,23})\/([a-zA-Z0-9_-]{1,64})(?:\?(.*))?$/su;
const longest = 8_000;

/** The address of an operation, with a form of RFC 6570 for its arguments where it takes any. */
export function resourceAddress(
  service: string,
  name: string,
  inputSchema: JsonSchema,
): { readonly uri: string; readonly isTemplate: boolean } {
  const names = Object.keys(inputSchema['properties'] ?? {}).filter((each) => /^[a-zA-Z0-9_.]+$/u.test(each));
  const form = names.length === 0 ? '' : `{?${names.join(',')}}`;
  return { uri: `${scheme}${service}/${name}${form}`, isTemplate: names.length > 0 };
}

/** Reads an address; a name that comes several times is a list. Throws `not_found` for one that names nothing here. */
export function readResourceAddress(uri: string): ResourceAddress {
  const [, service, name, query = ''] = uri.length > longest ? [] : (pattern.exec(uri) ?? []);
  if (service === undefined || name === undefined) throw noResource(uri);
  const given = new Map<string, string[]>();
  for (const [argument, value] of new URLSearchParams(query))
    given.set(argument, [...(given.get(argument) ?? []), value]);
  const values = [...given].map(([argument, all]) => [argument, all.length === 1 ? all[0] : all] as const);
  return { service, name, arguments: Object.fromEntries(values) };
}

/** The answer for an address at which nothing is read. */
export function noResource(uri: string): MeshError {
  return new MeshError('not_found', `There is no resource ${uri.slice(0, 500)}.`);
}
