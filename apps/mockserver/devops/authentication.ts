import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.ts';

/** Lets requests pass that carry the token as `Authorization: Bearer` or as `X-Api-Key`; others get a 401 problem. */
export function authentication(token: string): MiddlewareHandler {
  const expected = digest(token);
  return async function authenticate(c, next) {
    const bearer = /^bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const given = bearer ?? c.req.header('x-api-key');
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      throw problem(401, 'Send the token as `Authorization: Bearer <token>` or as `X-Api-Key: <token>`.', {
        headers: { 'www-authenticate': 'Bearer realm="acme-devops"' },
      });
    }
    await next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
