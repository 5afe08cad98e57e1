import { isObject, listOf, objectOf, textOf } from '../reading/json-value.ts';
import type { AnswerBody } from './answer-body.ts';
import { htmlText } from './html-text.ts';

interface ErrorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

const longestExcerpt = 4_000;
const longestMessage = 1_000;

/** What an error of a service says to a model: the status, the service's own words first, what to do, and the answer itself. */
export function explainStatus({ status, headers, body }: ErrorAnswer): string {
  const message = body.kind === 'json' ? messagesOf(body.value).join('; ').slice(0, longestMessage) : '';
  const lines = [
    `HTTP ${String(status)}${message === '' ? '' : `: ${message}`}`,
    advice(status, headers),
    excerptOf(body),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function excerptOf(body: AnswerBody): string {
  if (body.kind === 'empty') return 'The answer has no body.';
  if (body.kind === 'html') return bounded(htmlText(body.text));
  if ('text' in body) return bounded(body.text);
  return `[${String(body.bytes.length)} bytes of ${body.mediaType}]`;
}

function bounded(text: string): string {
  return text.length <= longestExcerpt
    ? text
    : `${text.slice(0, longestExcerpt)}\n[cut; the answer has ${String(text.length)} characters]`;
}

/** The usual places of messages: problem details, `message`, `error`, `errors`, OAuth, GraphQL, JSON:API. */
const members = [
  'title',
  'detail',
  'message',
  'error_description',
  'error',
  'errorMessage',
  'msg',
  'reason',
  'description',
  'fault',
] as const;
const lists = [
  'errors',
  'errorMessages',
  'invalid-params',
  'invalidParams',
  'details',
  'issues',
  'violations',
] as const;
const mostMessages = 8;
const deepest = 3;

function messagesOf(value: unknown, depth = 0): readonly string[] {
  if (typeof value === 'string') return textOf(value) === undefined ? [] : [value.trim()];
  if (depth > deepest) return [];
  if (Array.isArray(value)) return value.flatMap((item) => messagesOf(item, depth + 1)).slice(0, mostMessages);
  if (!isObject(value)) return [];
  const own = members.flatMap((name) => messagesOf(value[name], depth + 1));
  const listed = lists.flatMap((name) => {
    const part = value[name];
    return isObject(part) ? fieldMessages(part, depth) : listOf(part).flatMap((item) => itemMessages(item, depth));
  });
  return [...new Set([...own, ...listed])].slice(0, mostMessages);
}

/** `{ "email": ["is taken"] }`. */
function fieldMessages(fields: Readonly<Record<string, unknown>>, depth: number): readonly string[] {
  return Object.entries(fields).flatMap(([name, part]) =>
    messagesOf(part, depth + 1).map((text) => `${name}: ${text}`),
  );
}

/** An item with the field that it speaks of, wherever services put its name. */
function itemMessages(item: unknown, depth: number): readonly string[] {
  const { field, name, path, param, pointer, source } = objectOf(item);
  const place = [field, path, param, pointer, objectOf(source)['pointer'], name]
    .flat()
    .find((part) => typeof part === 'string');
  const { name: _name, ...rest } = objectOf(item);
  const texts = messagesOf(isObject(item) ? rest : item, depth + 1);
  return place === undefined ? texts : texts.map((text) => `${place}: ${text}`);
}

const advices: Readonly<Record<number, string>> = {
  400: 'The service could not read the request: compare the arguments with what it says.',
  401: 'The service did not accept the credential, or none is stored for it; an administrator of the organization can set it.',
  403: 'The credential may not do this at the service, or not to this thing; another call with the same credential will not help.',
  404: 'Nothing is there: check the ids and names in the arguments. Some services say this too of what the credential may not see.',
  405: 'The service does not offer this operation there.',
  406: 'The service does not give its answer in a form that was asked for.',
  408: 'The service waited too long for the request; it may be tried again.',
  409: 'It conflicts with how things stand at the service: read the present state, then decide.',
  410: 'It was there and is gone for good.',
  412: 'It was changed in between: read the present state, then decide.',
  413: 'The service does not take that much at once.',
  415: 'The service does not take this type of content.',
  422: 'The service understood the request and does not accept its values: mend the fields that it names.',
  423: 'It is locked at the service.',
  428: 'The service wants a condition, such as If-Match, in the request.',
  501: 'The service does not offer this operation.',
};

function advice(status: number, headers: Headers): string {
  const after = headers.get('retry-after')?.slice(0, 60);
  const wait = after === undefined ? '' : ` It asks to wait: Retry-After ${after}.`;
  if (status === 429) return `Too many requests to the service.${wait === '' ? ' Wait before the next call.' : wait}`;
  if (status >= 300 && status < 400) return redirectAdvice(headers);
  const known = advices[status];
  if (known !== undefined) return `${known}${status === 403 ? scopesNeeded(headers) : ''}${wait}`;
  if (status >= 500)
    return `The fault is at the service, not in the arguments; whether anything happened is not known.${wait}`;
  return '';
}

function scopesNeeded(headers: Headers): string {
  const needed = headers.get('x-accepted-oauth-scopes') ?? '';
  return needed === '' ? '' : ` It needs one of the scopes ${needed.slice(0, 200)}.`;
}

function redirectAdvice(headers: Headers): string {
  const location = headers.get('location')?.slice(0, 500);
  return location === undefined ? '' : `It leads to ${location}, which was not followed.`;
}
