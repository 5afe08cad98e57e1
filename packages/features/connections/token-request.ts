import { MeshError } from '@devmesh/foundation';
import { parseBoundedJson, type GuardedFetch, type GuardedResponse } from '@devmesh/infrastructure';
import type { Quirks } from './presets/preset.ts';
import type { ConnectionMode } from './provider.ts';

interface TokenRequestOptions {
  readonly fetch: GuardedFetch;
  readonly quirks: Quirks;
  readonly mode: ConnectionMode;
}

/** The part of a request to an authorization server that its client composes. */
interface ComposedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams | string | null | undefined;
}

/** Bounds of every request to an authorization server: none is redirected, none is waited for long. */
export const authorizationServerLimits = {
  timeoutMilliseconds: 15_000,
  maximumBytes: 256 * 1024,
  maximumRedirects: 0,
} as const;

/** A fetch for token endpoints that asks as the server wants to be asked, and answers as the standard says it should. */
export function createTokenFetch({ fetch, quirks, mode }: TokenRequestOptions) {
  return async (url: string, request: ComposedRequest): Promise<Response> => {
    const form = request.body instanceof URLSearchParams ? request.body : undefined;
    const asJson = form !== undefined && quirks.jsonRequests === true;
    const body = asJson ? JSON.stringify(Object.fromEntries(form)) : (request.body?.toString() ?? undefined);
    const answer = await fetch(url, {
      ...authorizationServerLimits,
      method: request.method ?? 'GET',
      headers: {
        ...request.headers,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': asJson ? 'application/json' : formType }),
      },
      ...(body === undefined ? {} : { body }),
    });
    return standardAnswer(answer, quirks, mode);
  };
}

const formType = 'application/x-www-form-urlencoded';

type Members = Readonly<Record<string, unknown>>;

/** The answer as RFC 6749 has it: failures have a failure's status, tokens lie at the top, and nothing else is passed on. */
function standardAnswer(answer: GuardedResponse, quirks: Quirks, mode: ConnectionMode): Response {
  const members = membersOf(answer);
  if (members === undefined) return new Response(null, { status: answer.status === 200 ? 502 : answer.status });
  const failure = typeof members['error'] === 'string' ? members['error'] : undefined;
  const failed = quirks.okFlag === true ? members['ok'] !== true : failure !== undefined;
  if (failed || answer.status !== 200) {
    const status = answer.status === 200 ? 400 : answer.status;
    return json({ error: failure ?? 'no_error_code' }, status);
  }
  const held = holderOf(members, quirks, mode);
  const given = Object.fromEntries(passedOn.flatMap((name) => (held[name] === undefined ? [] : [[name, held[name]]])));
  // Servers name kinds of their own, `bot` or `user`; all of them are sent as bearer tokens.
  return json({ ...given, token_type: 'bearer' }, 200);
}

const passedOn = ['access_token', 'refresh_token', 'expires_in', 'scope'] as const;

function json(value: Members, status: number): Response {
  return Response.json(value, { status, headers: { 'content-type': 'application/json' } });
}

/** Where the wanted token lies. A person's connection never takes the token of the app itself. */
function holderOf(members: Members, { userTokenAt }: Quirks, mode: ConnectionMode): Members {
  if (userTokenAt === undefined || mode === 'organization') return members;
  const nested = members[userTokenAt];
  if (isMembers(nested) && nested['access_token'] !== undefined) return nested;
  return members['token_type'] === 'user' ? members : {};
}

function membersOf(answer: GuardedResponse): Members | undefined {
  const type = answer.headers.get('content-type') ?? '';
  if (type.startsWith(formType)) return Object.fromEntries(new URLSearchParams(answer.text()));
  try {
    const value = parseBoundedJson(answer.body, { maximumDepth: 16, maximumValues: 2_000 });
    return isMembers(value) ? value : undefined;
  } catch (error) {
    if (error instanceof MeshError) return undefined;
    throw error;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
