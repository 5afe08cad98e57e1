import { framingHeaders, MeshError } from '@devmesh/foundation';
import type { Authorization } from '../credentials/credential.ts';
import type { Binding, ParameterBinding } from './binding.ts';
import { encodeBody } from './encode-body.ts';
import { hasDotSegment, pathObjection } from './path-value.ts';
import { percentEncode } from './percent-encoding.ts';
import { forArgument, refusal } from './refusal.ts';
import { contentText, joinPairs, textOfValue, toHeader, toPairs, toPath, type Pair } from './serialize-parameter.ts';

/** A request ready for the guarded fetch. */
export interface BuiltRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Template {
  readonly method: string;
  readonly path: string;
  /** Absolute, without a slash at its end. */
  readonly server: string;
  readonly binding: Binding;
}

type Values = Readonly<Record<string, unknown>>;
type Given = readonly (readonly [ParameterBinding, unknown])[];

const longestAddress = 32_768;
const longestHeader = 8_192;

/** A request that lacks nothing but the credential. */
export type RequestDraft = (authorization: Authorization) => BuiltRequest;

/** The request of a call. Throws `invalid_request` for arguments that could lead to another place than the path names. */
export function buildRequest(template: Template, values: Values, authorization: Authorization): BuiltRequest {
  return draftRequest(template, values)(authorization);
}

/** The same, built once for any number of credentials; none of the arguments stands in for one. */
export function draftRequest(template: Template, values: Values): RequestDraft {
  const { binding, method } = template;
  const given = (place: ParameterBinding['in']): Given =>
    binding.parameters
      .filter((parameter) => parameter.in === place && Object.hasOwn(values, parameter.argument))
      .map((parameter) => [parameter, values[parameter.argument]]);
  const body = binding.body === undefined ? undefined : encodeBody(binding.body, values);
  const place = placeOf(template, fillPath(template.path, given('path')));
  const query = queryOf(given);
  const headers = Object.fromEntries(given('header').flatMap(([parameter, value]) => headerOf(parameter, value)));
  const cookies = given('cookie').flatMap(([parameter, value]) =>
    forArgument(parameter.argument, () => cookiesOf(parameter, value)),
  );
  return (authorization) => ({
    method,
    url: address(place, withCredential(query, authorization)),
    headers: {
      accept: 'application/json, */*;q=0.5',
      ...(body === undefined ? {} : { 'content-type': body.contentType }),
      ...headers,
      ...authorization.headers,
      ...cookieHeader(cookies, authorization),
    },
    ...(body === undefined ? {} : { body: body.content }),
  });
}

/** A part of the query by arguments: pairs, or a value that is all of it. */
type QueryPart = string | readonly Pair[];

function queryOf(given: (place: ParameterBinding['in']) => Given): readonly QueryPart[] {
  const pairs = given('query').flatMap(([parameter, value]) =>
    forArgument(parameter.argument, () => toPairs(parameter, value)),
  );
  return [pairs, ...given('querystring').map(([parameter, value]) => wholeQuery(parameter, value))];
}

/** The query by arguments, then by the credential; no argument stands in for that. */
function withCredential(query: readonly QueryPart[], authorization: Authorization): readonly string[] {
  const own = authorization.query.map(([name, value]): Pair => [percentEncode(name), percentEncode(value)]);
  const taken = new Set(own.map(([name]) => name));
  const texts = query.map((part) =>
    typeof part === 'string' ? part : joinPairs(part.filter(([name]) => !taken.has(name))),
  );
  return [...texts, joinPairs(own)];
}

/** A query that is one value: a form is encoded already, all else is encoded as a whole. */
function wholeQuery(parameter: ParameterBinding, value: unknown): QueryPart {
  return forArgument(parameter.argument, () => {
    const text = contentText(parameter, value);
    if (!/^application\/x-www-form-urlencoded\b/iu.test(parameter.mediaType ?? '')) return percentEncode(text);
    return [...new URLSearchParams(text)].map(([name, part]): Pair => [percentEncode(name), percentEncode(part)]);
  });
}

function fillPath(path: string, given: Given): string {
  const byName = new Map(given.map(([parameter, value]) => [parameter.name, { parameter, value }]));
  return path.replaceAll(/\{([^{}]+)\}/gu, (_whole, name: string) => {
    const found = byName.get(name);
    if (found === undefined) throw new MeshError('invalid_request', `The path needs a value for "${name}".`);
    const { parameter, value } = found;
    const objection = textsOf(value)
      .map(pathObjection)
      .find((reason) => reason !== undefined);
    if (objection !== undefined) throw refusal(parameter.argument, objection);
    return forArgument(parameter.argument, () => toPath(parameter, value));
  });
}

/** All that a value writes into a path: as a whole, and each part of it. */
function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return [value.map(textOfValue).join(','), ...value.map(textOfValue)];
  if (typeof value !== 'object' || value === null) return [textOfValue(value)];
  return Object.entries(value).flatMap(([key, part]) => [key, textOfValue(part)]);
}

/** An address without the query that arguments and credentials add. */
interface Destination {
  readonly href: string;
  /** What the template itself has for a query. */
  readonly fixedQuery: string;
}

function placeOf({ server, path: template }: Template, filled: string): Destination {
  // Some documents tell operations of one path apart by a query or fragment in the template.
  const [location = '', ...fixedQuery] = (filled.split('#', 1)[0] ?? '').split('?');
  const path = `${server}${location.startsWith('/') ? '' : '/'}${location}`;
  const url = new URL(path);
  if (leadsAway({ server, path, url, location })) {
    throw new MeshError('invalid_request', `The arguments would lead away from the path ${template}.`);
  }
  return { href: url.href, fixedQuery: fixedQuery.join('?') };
}

function address({ href, fixedQuery }: Destination, pairs: readonly string[]): string {
  const url = new URL(href);
  url.search = [fixedQuery, ...pairs].filter((part) => part !== '').join('&');
  if (url.href.length > longestAddress) {
    throw new MeshError('invalid_request', 'The arguments are too long for the address of a request.');
  }
  return url.href;
}

interface Place {
  readonly server: string;
  readonly path: string;
  readonly url: URL;
  readonly location: string;
}

/** Whether the address is another place than the template's, also once a server has decoded its segments. */
function leadsAway({ server, path, url, location }: Place): boolean {
  if (url.origin !== new URL(server).origin || url.username !== '') return true;
  if (url.pathname.split('/').length !== path.split('/').length - 2) return true;
  return location.split('/').some((segment) => hasDotSegment(decodedSegment(segment)));
}

function decodedSegment(segment: string): string {
  // Only the template itself can hold what does not decode.
  return segment.replaceAll(/%[0-7][0-9a-f]/giu, decodeURIComponent);
}

// oxlint-disable-next-line no-control-regex -- control characters are exactly what may not pass
const unsendable = /[\u0000-\u0008\u000A-\u001F\u007F]|[^\u0000-\u00FF]/u;

function headerOf(parameter: ParameterBinding, value: unknown): readonly Pair[] {
  const text = toHeader(parameter, value);
  const name = parameter.name.toLowerCase();
  if (text === undefined || framingHeaders.has(name)) return [];
  if (unsendable.test(text)) {
    throw refusal(parameter.argument, 'must not contain line breaks, control characters or letters beyond Latin-1');
  }
  if (text.length > longestHeader)
    throw refusal(parameter.argument, `must not be longer than ${String(longestHeader)}`);
  return [[name, text]];
}

/** Cookies of arguments before that of the credential, which none of them replaces. */
function cookieHeader(given: readonly Pair[], { headers }: Authorization): { readonly cookie?: string } {
  const own = headers['cookie'];
  const taken = new Set((own ?? '').split(';').map((part) => part.split('=', 1)[0]?.trim()));
  const pairs = given.filter(([name]) => !taken.has(name));
  const cookies = [...pairs.map(([name, value]) => `${name}=${value}`), ...(own === undefined ? [] : [own])];
  const text = cookies.join('; ');
  if (text.length > longestHeader + (own?.length ?? 0)) {
    throw new MeshError('invalid_request', 'The arguments are too long for the cookies of a request.');
  }
  return cookies.length === 0 ? {} : { cookie: text };
}

function cookiesOf(parameter: ParameterBinding, value: unknown): readonly Pair[] {
  const pairs = toPairs({ ...parameter, style: 'form' }, value);
  if (parameter.style !== 'cookie') return pairs;
  // The style of OpenAPI 3.2 that leaves values as they are.
  return pairs.map(([name, encoded]) => {
    const text = decodeURIComponent(encoded);
    if (/^[!#-+\--:<-[\]-~]*$/u.test(text)) return [name, text];
    throw refusal(parameter.argument, 'must hold what a cookie can: no space, quote, comma, semicolon or backslash');
  });
}
