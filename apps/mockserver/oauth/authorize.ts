import type { Context } from 'hono';
import { problem } from '../problem.ts';
import type { Flavour } from './flavour.ts';
import type { Asked } from './routes.ts';

type Query = Readonly<Record<string, string>>;

/** The authorization endpoint: whoever asks is the configured person, who consents or declines at once. */
export function authorizeAnswer(c: Context, { server, base }: Asked): Response {
  const query = c.req.query();
  const client = server.client(query['client_id'] ?? '');
  const redirectUri = query['redirect_uri'] ?? '';
  // Without a known client and address there is nobody to send the browser back to.
  if (client === undefined) throw problem(404, 'There is no such client.');
  if (!client.redirectUris.includes(redirectUri)) throw problem(404, 'The client has no such redirect address.');
  const { namedIssuer } = server.settings();
  const url = new URL(redirectUri);
  const answer = { ...consented(query, { server, clientId: client.id, redirectUri }), state: query['state'] };
  for (const [name, value] of Object.entries({ ...answer, iss: namedIssuer === '' ? base : namedIssuer })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return c.redirect(url.href, 302);
}

interface Consenting {
  readonly server: Asked['server'];
  readonly clientId: string;
  readonly redirectUri: string;
}

function consented(query: Query, { server, clientId, redirectUri }: Consenting): Query {
  const { flavour } = server;
  const wrong = wrongIn(query, flavour);
  if (wrong !== undefined) return { error: wrong };
  if (server.settings().declines) return { error: 'access_denied', error_description: 'The person declined.' };
  const scopes = scopesOf(query, flavour);
  const challenge = query['code_challenge'];
  const refreshable = isRefreshable(query, scopes, flavour);
  return { code: server.consent({ clientId, redirectUri, challenge, scopes, refreshable }) };
}

function scopesOf(query: Query, { scopeParameter, scopeSeparator }: Flavour): readonly string[] {
  const text = query[scopeParameter] ?? query['scope'] ?? '';
  return text.split(scopeSeparator === ',' ? /[ ,]/u : ' ').filter((scope) => scope !== '');
}

function isRefreshable(query: Query, scopes: readonly string[], { refreshTokens }: Flavour): boolean {
  const { scope, parameter } = refreshTokens;
  if (scope !== undefined && !scopes.includes(scope)) return false;
  return parameter === undefined || query[parameter[0]] === parameter[1];
}

function wrongIn(query: Query, flavour: Flavour): string | undefined {
  if (query['response_type'] !== 'code') return 'unsupported_response_type';
  const challenge = query['code_challenge'];
  if (challenge === undefined && flavour.requiresPkce) return 'invalid_request';
  if (challenge !== undefined && query['code_challenge_method'] !== 'S256') return 'invalid_request';
  const missing = Object.entries(flavour.requiredParameters).some(([name, value]) => query[name] !== value);
  return missing ? 'invalid_request' : undefined;
}
