import type { Operation, Parameter } from '../document/operation.ts';
import type { Schemas } from '../schema/schemas.ts';
import { checkBody } from './check-body.ts';
import { credentialNames, missingCredentials } from './check-security.ts';
import { checkContent, checkPairs, checkText } from './read-parameter.ts';
import { cookiePairs, decoded, rawPairs, type RawPair } from './raw-values.ts';
import type { Violation } from './violation.ts';

/** A request, read once. */
export interface Incoming {
  /** Without its question mark, still encoded. */
  readonly query: string;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** What is wrong with a request to an operation. */
export interface Judgement {
  /** What each alternative of its security lacks. */
  readonly unauthorized: readonly string[];
  readonly violations: readonly Violation[];
}

/** Holds a request against an operation, strictly: what is not declared is as wrong as what is missing. */
export function checkRequest(
  schemas: Schemas,
  { operation, values }: { readonly operation: Operation; readonly values: ReadonlyMap<string, string> },
  incoming: Incoming,
): Judgement {
  const { headers, bytes } = incoming;
  const cookies = cookiePairs(headers.get('cookie') ?? '');
  const pairs = rawPairs(incoming.query);
  const carriers = { headers, query: new Set(pairs.map(first)), cookies: new Set(cookies.map(first)) };
  return {
    unauthorized: missingCredentials(operation.security, carriers),
    violations: [
      ...checkPath(schemas, operation, values),
      ...checkQuery(schemas, operation, { pairs, raw: incoming.query }),
      ...checkHeaders(schemas, operation, headers),
      ...checkCookies(schemas, operation, cookies),
      ...checkBody(schemas, operation.body, { contentType: headers.get('content-type'), bytes }),
    ],
  };
}

function first([name]: RawPair): string {
  return name;
}

function named(operation: Operation, place: Parameter['in']): readonly Parameter[] {
  return operation.parameters.filter((parameter) => parameter.in === place);
}

function checkPath(schemas: Schemas, operation: Operation, values: ReadonlyMap<string, string>): readonly Violation[] {
  return named(operation, 'path').flatMap((parameter) => {
    const raw = values.get(parameter.name);
    // A parameter that the path does not name cannot be given.
    return raw === undefined ? [] : checkText(schemas, parameter, raw);
  });
}

function checkQuery(
  schemas: Schemas,
  operation: Operation,
  { pairs, raw }: { readonly pairs: readonly RawPair[]; readonly raw: string },
): readonly Violation[] {
  const [whole] = named(operation, 'querystring');
  if (whole !== undefined) return checkQueryString(schemas, whole, raw);
  const parameters = named(operation, 'query');
  const fixed = rawPairs(operation.path.split('#', 1)[0]?.split('?', 2)[1] ?? '').map(first);
  const known = new Set([...fixed, ...credentialNames(operation.security, 'query')]);
  const { violations, taken } = checkAll(schemas, parameters, { pairs, known });
  const strangers = [...new Set(pairs.map(first))].filter((name) => !taken.has(name) && !known.has(name));
  return [...violations, ...strangers.map((name) => ({ path: `query.${name}`, message: 'is not declared' }))];
}

interface Pairs {
  readonly pairs: readonly RawPair[];
  readonly known: ReadonlySet<string>;
}

function checkAll(schemas: Schemas, parameters: readonly Parameter[], { pairs, known }: Pairs) {
  const taken = new Set<string>();
  const violations: Violation[] = [];
  const declared = parameters.map(({ name }) => name);
  for (const parameter of parameters) {
    const others = new Set([...declared.filter((name) => name !== parameter.name), ...known]);
    const read = checkPairs(schemas, parameter, { pairs, others });
    for (const name of read.names) taken.add(name);
    violations.push(...read.violations);
    if (read.present || !parameter.required) continue;
    violations.push({ path: `${parameter.in}.${parameter.name}`, message: 'is required' });
  }
  return { violations, taken };
}

function checkQueryString(schemas: Schemas, whole: Parameter, raw: string): readonly Violation[] {
  if (raw === '') return whole.required ? [{ path: 'query', message: 'is required' }] : [];
  if (whole.mediaType === 'application/x-www-form-urlencoded') {
    const media = { type: whole.mediaType, schema: whole.schema, example: undefined, examples: {}, encoding: {} };
    const body = { required: true, media: [media] };
    return checkBody(schemas, body, { contentType: whole.mediaType, bytes: Buffer.from(raw) }).map((violation) => ({
      ...violation,
      path: violation.path.replace(/^body/u, 'query'),
    }));
  }
  return checkContent(schemas, { ...whole, name: '' }, decoded(raw));
}

function checkHeaders(schemas: Schemas, operation: Operation, headers: Headers): readonly Violation[] {
  return named(operation, 'header').flatMap((parameter) => {
    const raw = headers.get(parameter.name);
    if (raw !== null) return checkText(schemas, parameter, raw);
    return parameter.required ? [{ path: `header.${parameter.name}`, message: 'is required' }] : [];
  });
}

function checkCookies(schemas: Schemas, operation: Operation, pairs: readonly RawPair[]): readonly Violation[] {
  const known = credentialNames(operation.security, 'cookie');
  // Cookies that nobody declared belong to somebody else.
  return checkAll(schemas, named(operation, 'cookie'), { pairs, known }).violations;
}
