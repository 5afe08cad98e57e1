import type { OAuthClient } from './client.ts';
import type { Clients } from './clients.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { isChallenge } from './pkce.ts';
import { matchesRedirectUri } from './redirect-uri.ts';

/** Who asks, and where the answer goes: from here on a refusal can be told to the client. */
export interface Asker {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly state: string | undefined;
}

/** A checked request of a client to act for a person. */
export interface AuthorizationRequest extends Asker {
  /** What the tokens are for: one of our own resources. */
  readonly resource: string;
  readonly scope: string | undefined;
  readonly codeChallenge: string;
}

const longestState = 1_024;
const longestScope = 1_000;

/** Who asks; throws what must be told to the person alone, as nobody knows yet whom the redirect URI belongs to. */
export async function readAsker(clients: Clients, parameters: URLSearchParams): Promise<Asker> {
  requireSingle(parameters);
  const id = parameters.get('client_id');
  if (id === null) throw new OAuthRefusal('invalid_request', 'client_id is missing.');
  const client = await clients.find(id);
  const redirectUri = parameters.get('redirect_uri') ?? '';
  if (!matchesRedirectUri(client.redirectUris, redirectUri)) {
    throw new OAuthRefusal('invalid_request', 'redirect_uri is not exactly one that the client registered.');
  }
  const state = parameters.get('state') ?? undefined;
  if (state !== undefined && state.length > longestState) {
    throw new OAuthRefusal('invalid_request', `state is longer than ${String(longestState)} characters.`);
  }
  return { client, redirectUri, state };
}

/** The rest of the request; throws what the client may be told. */
export function readRequest(
  asker: Asker,
  parameters: URLSearchParams,
  resources: readonly string[],
): AuthorizationRequest {
  if (parameters.get('response_type') !== 'code') {
    throw new OAuthRefusal('unsupported_response_type', 'response_type must be code.');
  }
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new OAuthRefusal('invalid_request', 'code_challenge_method must be S256 (RFC 7636).');
  }
  const codeChallenge = parameters.get('code_challenge') ?? '';
  if (!isChallenge(codeChallenge)) {
    throw new OAuthRefusal('invalid_request', 'code_challenge is missing, or no S256 challenge (RFC 7636).');
  }
  const scope = parameters.get('scope') ?? undefined;
  if (scope !== undefined && scope.length > longestScope) throw new OAuthRefusal('invalid_scope', 'scope is too long.');
  return { ...asker, codeChallenge, scope, resource: readResource(parameters, resources) };
}

/** The one of our resources that a request names; throws `invalid_target`. */
export function readResource(parameters: URLSearchParams, resources: readonly string[]): string {
  const named = parameters.get('resource') ?? '';
  const url = URL.canParse(named) ? new URL(named).href : undefined;
  // Clients may write the scheme and the host as they like (RFC 3986); the token says it as we do.
  const resource = named.includes('#') ? undefined : resources.find((known) => new URL(known).href === url);
  if (resource !== undefined) return resource;
  throw new OAuthRefusal(
    'invalid_target',
    'resource must be the address of an MCP endpoint of this server (RFC 8707).',
  );
}

/** A parameter that comes twice is read differently by different parties (RFC 6749, section 3.1). */
export function requireSingle(parameters: URLSearchParams): void {
  const names = [...parameters.keys()];
  if (new Set(names).size === names.length) return;
  throw new OAuthRefusal('invalid_request', 'A parameter comes more than once.');
}

/** The answer to a client, as the address that the person's browser is sent to; it says who answers (RFC 9207). */
export function answerTo(asker: Asker, issuer: string, answer: Readonly<Record<string, string>>): string {
  const url = new URL(asker.redirectUri);
  const state = asker.state === undefined ? {} : { state: asker.state };
  for (const [name, value] of Object.entries({ ...answer, ...state, iss: issuer })) url.searchParams.set(name, value);
  return url.href;
}
