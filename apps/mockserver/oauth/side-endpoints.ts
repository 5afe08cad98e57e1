import type { Context } from 'hono';
import { problem } from '../problem.ts';
import { checkAssertion } from './assertion.ts';
import { OAuthFailure } from './authorization-server.ts';
import type { Asked } from './routes.ts';
import { authenticated } from './token.ts';

/** The bearer token of a request. */
export function bearerOf(c: Context): string {
  return /^Bearer (\S+)$/u.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
}

/** Revocation, each flavour in its way. */
export async function revokeAnswer(c: Context, { server }: Asked): Promise<Response> {
  const { revocation } = server.flavour;
  const text = await c.req.text();
  try {
    if (revocation === 'rfc7009') {
      const form = Object.fromEntries(new URLSearchParams(text));
      authenticated(c, server.client.bind(server), form);
      server.revoke(form['token'] ?? '');
      return c.body(null, 200);
    }
    if (revocation === 'client-json' && c.req.method === 'DELETE') {
      authenticated(c, server.client.bind(server), {});
      server.revoke((JSON.parse(text) as { access_token?: string }).access_token ?? '');
      return c.body(null, 204);
    }
    if (revocation === 'bearer') {
      const known = server.grantOf(bearerOf(c)) !== undefined;
      if (known) server.revoke(bearerOf(c));
      return c.json(known ? { ok: true, revoked: true } : { ok: false, error: 'invalid_auth' });
    }
  } catch (error) {
    if (!(error instanceof OAuthFailure)) throw error;
    return c.json({ error: error.failure }, 401);
  }
  throw problem(404, 'Grants are not taken back here.');
}

/** Whose token it is, each flavour in its way. */
export function accountAnswer(c: Context, { server }: Asked): Response {
  const { flavour } = server;
  const account = server.grantOf(bearerOf(c))?.account;
  if (account === undefined) {
    return flavour.okFlag ? c.json({ ok: false, error: 'invalid_auth' }) : c.json({ error: 'invalid_token' }, 401);
  }
  if (flavour.okFlag) return c.json({ ok: true, user: account, user_id: `U-${account}`, team: 'Acme' });
  if (flavour.revocation === 'none') {
    return c.json([{ id: `cloud-${account}`, name: 'Acme', url: `https://${account}.atlassian.example`, scopes: [] }]);
  }
  return c.json({ sub: `sub-${account}`, id: 1, login: account, username: account, email: `${account}@example.com` });
}

/** The token of an installation of an app, for an assertion as bearer token. */
export function installationAnswer(c: Context, { server, base, clock }: Asked): Response {
  try {
    const { issuer } = checkAssertion(bearerOf(c), {
      clock,
      audiences: [base, new URL(c.req.url).href],
      keyOf: (id) => server.client(id)?.publicKey,
    });
    const { accessToken, expiresIn = 0 } = server.machineToken(issuer, []);
    return c.json({ token: accessToken, expires_at: new Date(clock.now() + expiresIn * 1000).toISOString() }, 201);
  } catch (error) {
    if (!(error instanceof OAuthFailure)) throw error;
    return c.json({ message: 'A JSON web token could not be decoded' }, 401);
  }
}
