import { basePath, openApiDocument } from '@devmesh/api';
import { MeshError, version, type Readiness } from '@devmesh/foundation';
import type { Route } from '@devmesh/features';
import { problemResponse, readinessResponse } from '@devmesh/infrastructure';
import { Hono } from 'hono';
import { referencePage } from './reference-page.ts';
import { fromRequest } from './incoming.ts';
import type { Pipeline } from './pipeline.ts';
import type { StaticFiles } from './static-files.ts';

interface AppOptions {
  readonly routes: readonly Route[];
  readonly answer: Pipeline['answer'];
  /** The public keys of access tokens (RFC 7517). */
  readonly keySet: () => object;
  /** The endpoints of the authorization server. */
  readonly oauth: Hono;
  /** The metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  /** Whether this process takes requests, for load balancers. */
  readonly ready: () => Promise<Readiness>;
  /** The built console; absent where it was not built. */
  readonly console: StaticFiles;
}

/** The REST API as a function from Request to Response: every route, its document, metrics and the console. */
export function createApp(options: AppOptions): (request: Request) => Promise<Response> {
  const app = new Hono();
  const document = JSON.stringify(openApiDocument(version));
  app.use(async (context, next) => {
    await next();
    if (isPage(context.res) && !context.res.headers.has(policyHeader))
      context.res.headers.set(policyHeader, pagePolicy);
  });
  for (const route of options.routes) {
    app.on(route.operation.method, basePath + toPattern(route.operation.path), (context) =>
      options.answer(route, fromRequest(context.req.raw, context.req.param())),
    );
  }
  app.get('/openapi.json', () => new Response(document, { headers: { 'content-type': 'application/json' } }));
  app.get('/.well-known/jwks.json', () =>
    Response.json(options.keySet(), { headers: { 'cache-control': 'public, max-age=300' } }),
  );
  app.route('/', options.oauth);
  app.get('/reference', (context) => context.html(referencePage(version)));
  app.get('/ready', async () => readinessResponse(await options.ready()));
  app.get('/metrics', async (context) => context.text(await options.metricsText()));
  app.all(`${basePath}/*`, (context) => problemResponse(unknownRoute(options.routes, context.req.raw)));
  app.get('*', (context) => options.console(new URL(context.req.url).pathname));
  app.notFound((context) => problemResponse(new MeshError('not_found', `Nothing answers ${context.req.path}.`)));
  app.onError((error) => {
    throw error;
  });
  return async (request) => app.fetch(request);
}

const policyHeader = 'content-security-policy';

/** What our own pages may do: everything comes from here, nobody frames them. Other answers get the server's, which forbids all. */
const pagePolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function isPage(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/html') === true;
}

/** `/tasks/{taskId}` as Hono writes it. */
function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/gu, ':$1');
}

function unknownRoute(routes: readonly Route[], request: Request): MeshError {
  const { pathname } = new URL(request.url);
  const methods = routes
    .filter(({ operation }) => matches(basePath + operation.path, pathname))
    .map(({ operation }) => operation.method);
  if (methods.length === 0) return new MeshError('not_found', `There is no operation at ${pathname}.`);
  return new MeshError('method_not_allowed', `${pathname} answers ${methods.join(', ')}, not ${request.method}.`);
}

function matches(template: string, pathname: string): boolean {
  const wanted = template.split('/');
  const given = pathname.split('/');
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith('{') || part === given[index]);
}
