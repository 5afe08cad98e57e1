import { readAnswer, type Answer } from './answer.ts';
import type { Described } from './document.ts';
import { exampleOf, type Example } from './example.ts';
import { besides } from './hints.ts';
import type { Place } from './places.ts';
import type { Spelling } from './spellings.ts';

/** An id in its place, as it is to be written there. */
export interface Put {
  readonly place: Place;
  readonly id: string;
  readonly spelling: Spelling;
}

interface Sending {
  readonly url: string;
  readonly key: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The id as it stands in the request. */
export function givenIn({ place, id, spelling }: Put): string {
  const given = spelling.spell(id);
  return place.part === 'body' && spelling.encoded === true ? decodeURIComponent(given) : given;
}

/** Builds the request to an operation: all that is required, and the id in its place. */
export function buildRequest(operation: Described, example: Example, put: Put | undefined, sending: Sending): Request {
  const url = new URL(pathOf(operation, example, put) + queryOf(operation, example, put), sending.url);
  const headers = new Headers({ accept: 'application/json', ...sending.headers });
  if (sending.key !== undefined) headers.set('authorization', `Bearer ${sending.key}`);
  const body = bodyOf(operation, example, put);
  if (body !== undefined) headers.set('content-type', 'application/json');
  return new Request(url, { method: operation.method, headers, body: body ?? null, redirect: 'manual' });
}

/** Sends a request to an operation and reads the answer. */
export async function ask(
  operation: Described,
  example: Example,
  put: Put | undefined,
  sending: Sending,
): Promise<Answer> {
  return readAnswer(await fetch(buildRequest(operation, example, put, sending)));
}

function pathOf({ path, parameters }: Described, example: Example, put: Put | undefined): string {
  return path.replaceAll(/\{(\w+)\}/gu, (_match, name: string) => {
    if (put?.place.part === 'path' && put.place.field === name) return written(put);
    const schema = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)?.schema ?? {};
    return encodeURIComponent(String(exampleOf(schema, example, name)));
  });
}

function queryOf({ parameters }: Described, example: Example, put: Put | undefined): string {
  const pairs = parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, required, schema }) => {
      if (put?.place.part === 'query' && put.place.field === name) return [`${name}=${written(put)}`];
      return required === true ? [`${name}=${encodeURIComponent(String(exampleOf(schema, example, name)))}`] : [];
    });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function written(put: Put): string {
  const given = givenIn(put);
  return put.spelling.encoded === true ? given : encodeURIComponent(given);
}

function bodyOf({ id, body }: Described, example: Example, put: Put | undefined): string | undefined {
  if (body === undefined) return undefined;
  const wanted = put?.place.part === 'body' ? { steps: put.place.steps, value: givenIn(put) } : undefined;
  const value = exampleOf(body, example, '', wanted);
  const more = { ...example.always, ...(put?.place.part === 'body' ? besides[`${id} ${put.place.field}`] : {}) };
  return JSON.stringify(Object.keys(more).length === 0 ? value : { ...more, ...(value as object) });
}
