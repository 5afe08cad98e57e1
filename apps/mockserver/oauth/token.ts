import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { checkAssertion } from './assertion.ts';
import { OAuthFailure, type IssuedTokens } from './authorization-server.ts';
import type { Flavour } from './flavour.ts';
import type { Asked } from './routes.ts';
import type { Client } from './settings.ts';

type Form = Readonly<Record<string, string>>;

const assertionGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The token endpoint. */
export async function tokenAnswer(c: Context, asked: Asked): Promise<Response> {
  const { flavour } = asked.server;
  try {
    if (c.req.method !== 'POST') throw new OAuthFailure('invalid_request', 405);
    const form = await readForm(c, flavour);
    return answered(c, flavour, bodyOf(grantFor(c, asked, form), form, flavour), 200);
  } catch (error) {
    if (!(error instanceof OAuthFailure)) throw error;
    const code = flavour.failures[error.failure] ?? standardCode(error.failure);
    const body = {
      ...(flavour.okFlag ? { ok: false } : {}),
      error: code,
      error_description: 'As ordered, or as it should be.',
    };
    return answered(c, flavour, body, flavour.failuresWithStatus200 ? 200 : statusOf(error));
  }
}

function standardCode(failure: string): string {
  return failure === 'invalid_code' || failure === 'invalid_refresh' ? 'invalid_grant' : failure;
}

function statusOf({ failure, status }: OAuthFailure): 400 | 401 | 405 {
  if (failure === 'invalid_client') return 401;
  return status === 405 ? 405 : 400;
}

async function readForm(c: Context, { jsonRequests }: Flavour): Promise<Form> {
  const type = c.req.header('content-type')?.split(';')[0];
  if (type !== (jsonRequests ? 'application/json' : 'application/x-www-form-urlencoded')) {
    throw new OAuthFailure('invalid_request');
  }
  const text = await c.req.text();
  if (jsonRequests) return JSON.parse(text) as Form;
  return Object.fromEntries(new URLSearchParams(text));
}

function grantFor(c: Context, { server, base, clock, path }: Asked, form: Form): IssuedTokens {
  const type = form['grant_type'];
  if (type === assertionGrant) {
    const { issuer, subject, scopes } = checkAssertion(form['assertion'] ?? '', {
      clock,
      audiences: [base, base + path],
      keyOf: (id) => server.client(id)?.publicKey,
    });
    return server.machineToken(subject ?? issuer, scopes);
  }
  const client = authenticated(c, server.client.bind(server), form);
  if (type === 'authorization_code') {
    return server.redeem({
      clientId: client.id,
      code: form['code'] ?? '',
      redirectUri: form['redirect_uri'] ?? '',
      verifier: form['code_verifier'],
    });
  }
  if (type === 'refresh_token') return server.refresh(client.id, form['refresh_token'] ?? '');
  if (type === 'client_credentials' && client.secret !== undefined) {
    return server.machineToken(
      client.id,
      (form['scope'] ?? '').split(' ').filter((scope) => scope !== ''),
    );
  }
  throw new OAuthFailure('unsupported_grant_type');
}

/** The client of a request, by Basic or by fields of the form, never both. */
export function authenticated(c: Context, find: (id: string) => Client | undefined, form: Form): Client {
  const basic = /^Basic (.+)$/u.exec(c.req.header('authorization') ?? '')?.[1];
  const { id, secret } = basic === undefined ? { id: form['client_id'], secret: form['client_secret'] } : pairOf(basic);
  const client = find(id ?? '');
  const twice = basic !== undefined && form['client_secret'] !== undefined;
  if (client === undefined || twice) throw new OAuthFailure('invalid_client');
  if (!same(client.secret ?? '', secret ?? '')) throw new OAuthFailure('invalid_client');
  return client;
}

function pairOf(basic: string): { readonly id: string; readonly secret: string } {
  const [id, ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { id: decoded(id), secret: decoded(secret.join(':')) };
}

function decoded(text: string | undefined): string {
  return decodeURIComponent((text ?? '').replaceAll('+', '%20'));
}

function same(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function bodyOf(issued: IssuedTokens, form: Form, flavour: Flavour): Record<string, unknown> {
  const tokens = {
    access_token: issued.accessToken,
    token_type: flavour.nestedAt === undefined ? 'Bearer' : 'user',
    ...(issued.expiresIn === undefined ? {} : { expires_in: issued.expiresIn }),
    ...(issued.refreshToken === undefined ? {} : { refresh_token: issued.refreshToken }),
    ...(issued.scopes.length === 0 ? {} : { scope: issued.scopes.join(flavour.scopeSeparator) }),
  };
  if (flavour.nestedAt === undefined) return tokens;
  if (form['grant_type'] === 'refresh_token') return { ok: true, ...tokens };
  return { ok: true, app_id: 'A1', team: { id: 'T1' }, [flavour.nestedAt]: { id: 'U1', ...tokens } };
}

function answered(
  c: Context,
  { formUnlessAsked }: Flavour,
  body: Record<string, unknown>,
  status: 200 | 400 | 401 | 405,
): Response {
  const wantsJson = (c.req.header('accept') ?? '').includes('application/json');
  const headers = { 'cache-control': 'no-store' };
  if (!formUnlessAsked || wantsJson) return c.json(body, status, headers);
  const form = new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return c.body(form.toString(), status, { ...headers, 'content-type': 'application/x-www-form-urlencoded' });
}
