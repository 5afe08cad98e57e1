import { chooseAnswer, negotiate } from './answer/choose-answer.ts';
import { readPreferences } from './answer/prefer.ts';
import { writeBody, writeHeaders } from './answer/write-answer.ts';
import type { Operation } from './document/operation.ts';
import { parseDocument } from './document/parse-document.ts';
import { createPointers, type Pointers } from './document/pointers.ts';
import { readOperations } from './document/read-operations.ts';
import { mismatch, type MismatchStatus } from './mismatch.ts';
import { checkRequest, type Judgement } from './request/check-request.ts';
import { createRouteTable, type Match, type Routing } from './request/route-table.ts';
import { createSchemas, type Schemas } from './schema/schemas.ts';

/** A service imitated from its document alone. */
export interface Mock {
  readonly title: string;
  readonly operations: readonly Operation[];
  /** Answers a request to a path of the document, which starts after the mock's own address. */
  answer(request: MockedRequest): Response;
}

/** A request as the mock judges it. */
export interface MockedRequest {
  readonly method: string;
  /** Still encoded. */
  readonly path: string;
  /** Still encoded, with its question mark or empty. */
  readonly query: string;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

interface Parts {
  readonly route: (method: string, path: string, query: string) => Routing;
  readonly schemas: Schemas;
  readonly pointers: Pointers;
  /** Whether credentials are overlooked. */
  readonly lenient: boolean;
}

/** What a mock overlooks. */
export interface MockOptions {
  /** Whether requests must carry the credentials that the document asks for. */
  readonly credentials: 'required' | 'ignored';
}

/** Builds a mock from the text of a document; throws a 400 where it is none. */
export function createMock(text: string, { credentials }: MockOptions = { credentials: 'required' }): Mock {
  const document = parseDocument(text);
  const operations = readOperations(document);
  const parts = {
    route: createRouteTable(operations),
    schemas: createSchemas(document),
    pointers: createPointers(document.root),
    lenient: credentials === 'ignored',
  };
  const info = document.root['info'];
  const title = typeof info === 'object' && info !== null && 'title' in info ? String(info.title) : '';
  return { title: title.slice(0, 200), operations, answer: (request) => answer(parts, request) };
}

function answer(parts: Parts, request: MockedRequest): Response {
  const { matches, methods } = parts.route(request.method, request.path, request.query);
  const [first] = matches;
  if (first === undefined) return unrouted(request, methods);
  const { broken } = first.operation;
  if (broken !== undefined) {
    return mismatch(501, `${request.method} ${first.operation.path} is not served: ${broken}.`);
  }
  const incoming = { query: request.query.replace(/^\?/u, ''), headers: request.headers, bytes: request.bytes };
  const judged = matches.map((match) => ({ match, judgement: checkRequest(parts.schemas, match, incoming) }));
  const [best] = judged.toSorted((one, other) => weight(one.judgement) - weight(other.judgement));
  return best === undefined ? unrouted(request, methods) : answerJudged(parts, best, request);
}

function unrouted({ method, path }: MockedRequest, methods: readonly string[]): Response {
  if (methods.length === 0) return mismatch(404, `The document has no path for ${path.slice(0, 200)}.`);
  const allow = methods.join(', ');
  return mismatch(405, `The document gives this path no ${method}; it answers ${allow}.`, { headers: { allow } });
}

function weight({ unauthorized, violations }: Judgement): number {
  return violations.length + (unauthorized.length > 0 ? 1 : 0);
}

interface Judged {
  readonly match: Match;
  readonly judgement: Judgement;
}

function answerJudged(parts: Parts, { match, judgement }: Judged, request: MockedRequest): Response {
  const { operation } = match;
  const { unauthorized, violations } = judgement;
  if (unauthorized.length > 0 && !parts.lenient) {
    const status: MismatchStatus = 401;
    return mismatch(status, `Send ${unauthorized.join(', or ')}.`, {
      headers: { 'www-authenticate': 'Bearer, Basic' },
    });
  }
  if (violations.length > 0) {
    const said = `The request does not fit ${operation.method} ${operation.path}; correct what \`errors\` names.`;
    return mismatch(400, said, { errors: violations });
  }
  return answerFitting(parts, operation, request);
}

function answerFitting(
  { schemas, pointers }: Parts,
  operation: Operation,
  { headers, method }: MockedRequest,
): Response {
  const preferences = readPreferences(headers.get('prefer'));
  const chosen = chooseAnswer(operation, preferences.code);
  if (chosen === undefined) {
    return mismatch(404, `The document gives this operation no answer ${preferences.code ?? ''}.`);
  }
  const { status, answer: declared } = chosen;
  const writing = { schemas, pointers, preferences };
  const sent = writeHeaders(writing, declared);
  if (status === 204 || status === 205 || status === 304 || method === 'HEAD' || declared.media.length === 0) {
    return new Response(null, { status, headers: sent });
  }
  const media = negotiate(declared.media, headers.get('accept'));
  if (media === undefined) {
    return mismatch(406, `It answers ${declared.media.map(({ type }) => type).join(', ')}.`);
  }
  const body = writeBody(writing, media);
  if (body === undefined) return mismatch(404, `The answer has no example ${preferences.example ?? ''}.`);
  sent.set('content-type', media.type.includes('*') ? 'application/json' : media.type);
  return new Response(body, { status, headers: sent });
}
