import { Hono, type Context } from 'hono';
import { readJson } from '../json-body.ts';
import { problem } from '../problem.ts';
import { authentication } from './authentication.ts';
import { idempotencyHeader, once } from './idempotency.ts';
import { propertySchemas } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { decodeQuery } from './query.ts';
import type { World } from './state.ts';

/** Acme DevOps as a web application: authenticate, decode, validate, act. */
export function devopsRoutes(world: World, token: string): Hono {
  const app = new Hono();
  app.use(authentication(token));
  for (const operation of operations) app.on(operation.method, pathPattern(operation), handler(operation, world));
  for (const [path, methods] of allowedMethods()) {
    app.all(path, () => {
      throw problem(405, `It answers ${methods}.`, { headers: { allow: methods } });
    });
  }
  return app;
}

function pathPattern(operation: Operation): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function allowedMethods(): Map<string, string> {
  const methods = new Map<string, string>();
  for (const operation of operations) {
    const path = pathPattern(operation);
    const known = methods.get(path);
    const method = operation.method.toUpperCase();
    methods.set(path, known === undefined ? method : `${known}, ${method}`);
  }
  return methods;
}

function handler(operation: Operation, world: World): (c: Context) => Promise<Response> {
  const querySchemas = propertySchemas(operation.queryParameters);
  return async (c) => {
    const input = {
      path: c.req.param(),
      query: decodeQuery(new URL(c.req.url).searchParams, querySchemas),
      body: operation.body === undefined ? undefined : await readJson(c),
    };
    const act = () => ({ status: operation.status, answer: operation.run(input, world) });
    const key = operation.idempotent ? c.req.header(idempotencyHeader) : undefined;
    const done = once(world, { key, target: `${operation.method} ${c.req.path}`, body: await c.req.text() }, act);
    if (operation.answer === undefined) return new Response(null, { status: done.status });
    return Response.json(done.answer, { status: done.status });
  };
}
