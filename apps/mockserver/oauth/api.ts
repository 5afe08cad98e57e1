import type { Context } from 'hono';
import type { Asked } from './routes.ts';
import { bearerOf } from './side-endpoints.ts';

/** An API that takes the tokens of its server, and tells who called and with what: a careless one, for tests of redaction. */
export async function apiAnswer(c: Context, { server }: Asked): Promise<Response> {
  const grant = server.grantOf(bearerOf(c));
  if (grant === undefined) {
    const challenge = server.settings().bareRefusals ? {} : { 'www-authenticate': 'Bearer error="invalid_token"' };
    return c.json({ message: 'Bad credentials' }, 401, challenge);
  }
  const { account, scopes } = grant;
  const authorization = c.req.header('authorization');
  return c.json({ account, scopes, method: c.req.method, authorization, body: await c.req.text() });
}
