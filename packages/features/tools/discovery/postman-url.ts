import { isObject, listOf, objectOf, textOf } from '../reading/json-value.ts';
import type { DescribedParameter } from './described-document.ts';

/** The values of a collection's variables, by name. */
export type Variables = Readonly<Record<string, string>>;

/** Where a request of a collection goes. */
export interface PostmanUrl {
  /** Undefined where a variable without a value stands for it. */
  readonly server: string | undefined;
  readonly path: string;
  readonly parameters: readonly DescribedParameter[];
}

const mostReplacements = 5;

/** Text with the variables that have a value filled in; variables may stand in each other's values. */
function filled(text: string, variables: Variables): string {
  let result = text;
  for (let round = 0; round < mostReplacements && result.includes('{{'); round += 1) {
    result = result.replaceAll(/\{\{\s*([^{}\s]{1,200})\s*\}\}/gu, (whole, name: string) =>
      Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole,
    );
    if (result.length > longestUrl) return result.slice(0, longestUrl);
  }
  return result;
}

const longestUrl = 8_192;

/** Reads the address of a request; undefined where it has none. */
export function postmanUrl(url: unknown, variables: Variables): PostmanUrl | undefined {
  const raw = typeof url === 'string' ? url : (textOf(objectOf(url)['raw']) ?? assembled(objectOf(url)));
  if (raw === undefined || raw.trim() === '') return undefined;
  const whole = filled(raw.trim(), variables);
  const [address = ''] = whole.split('#', 1);
  const [location = '', search = ''] = address.split(/\?(.*)/su, 2);
  const { server, path } = apart(location);
  const details = objectOf(url);
  return {
    server,
    path: templateOf(path),
    parameters: [...pathParameters(details['variable']), ...queryParameters(details['query'], search)],
  };
}

/** Collections may say the parts only. */
function assembled(url: Readonly<Record<string, unknown>>): string | undefined {
  const host = Array.isArray(url['host']) ? url['host'].join('.') : textOf(url['host']);
  if (host === undefined) return undefined;
  const protocol = textOf(url['protocol']);
  const port = textOf(url['port']);
  const path = Array.isArray(url['path'])
    ? url['path'].map((part) => (isObject(part) ? (textOf(part['value']) ?? '') : String(part))).join('/')
    : (textOf(url['path']) ?? '');
  const origin = `${protocol === undefined ? '' : `${protocol}://`}${host}${port === undefined ? '' : `:${port}`}`;
  return `${origin}/${path.replace(/^\/+/u, '')}`;
}

interface Apart {
  readonly server: string | undefined;
  readonly path: string;
}

const shapes = [
  // A variable without a value that stands for the host, or for all of it.
  /^(?<variable>\{\{[^{}]*\}\})(?<path>\/[^]*)?$/u,
  /^(?<origin>https?:\/\/[^/{}]+)(?<path>\/[^]*)?$/iu,
  /^(?<host>[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?)(?<path>\/[^]*)?$/iu,
] as const;

function apart(location: string): Apart {
  const groups = shapes.map((shape) => shape.exec(location)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return { server: undefined, path: location.replace(/^[a-z]+:\/\/[^/]*/iu, '') || '/' };
  const { origin, host, path = '/' } = groups;
  return { server: origin ?? (host === undefined ? undefined : `https://${host}`), path };
}

/** `:id` and variables without a value are what arguments fill. */
function templateOf(path: string): string {
  const segments = path.split('/').map((segment) => {
    const named = /^:(?<name>[A-Za-z0-9_.-]+)$/u.exec(segment)?.groups?.['name'];
    if (named !== undefined) return `{${named}}`;
    return segment.replaceAll(/\{\{\s*([^{}]+?)\s*\}\}/gu, '{$1}');
  });
  const joined = segments.join('/');
  return joined.startsWith('/') ? joined : `/${joined}`;
}

function pathParameters(list: unknown): readonly DescribedParameter[] {
  return listOf(list)
    .filter(isObject)
    .flatMap((variable) => {
      const name = textOf(variable['key']) ?? textOf(variable['id']);
      if (name === undefined) return [];
      return [{ name, in: 'path' as const, description: toldOf(variable['description']) }];
    });
}

function queryParameters(list: unknown, search: string): readonly DescribedParameter[] {
  const listed = listOf(list)
    .filter(isObject)
    .flatMap((entry) => {
      const name = textOf(entry['key']);
      if (name === undefined || name === '') return [];
      return [{ name, in: 'query' as const, description: toldOf(entry['description']) }];
    });
  const given = Array.isArray(list)
    ? []
    : [...new URLSearchParams(search)].map(([name]) => ({ name, in: 'query' as const }));
  const byName = new Map([...listed, ...given].map((parameter) => [parameter.name, parameter]));
  return [...byName.values()];
}

/** A description is a text, or an object that holds it. */
export function toldOf(description: unknown): string | undefined {
  const text = textOf(description) ?? textOf(objectOf(description)['content']);
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}
