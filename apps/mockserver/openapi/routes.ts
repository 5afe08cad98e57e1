import type { IncomingMessage } from 'node:http';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem, problemResponse } from '../problem.ts';
import type { Mocks, NamedMock } from './mocks.ts';
import { mockPage } from './page.ts';

const largestBody = 1_048_576;
const largestDocument = 32 * 1_048_576;

/** Where documents are handed in, listed and taken away: `/mock/openapi`. */
export function documentRoutes(mocks: Mocks): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: largestDocument, onError: tooLarge }));
  app.post('/', async (c) => {
    const credentials = c.req.query('credentials') === 'ignored' ? 'ignored' : 'required';
    const named = mocks.add(c.req.query('name') ?? 'api', await documentIn(c), { credentials });
    return c.json(described(c, named), 201);
  });
  app.get('/', (c) => c.json({ mocks: mocks.list().map((named) => described(c, named)) }));
  app.get('/:name', (c) => {
    const named = found(mocks, c.req.param('name'));
    const operations = named.mock.operations.map(({ method, path, summary, broken }) => ({
      method,
      path,
      summary,
      ...(broken === undefined ? {} : { broken }),
    }));
    return c.json({ ...described(c, named), operations });
  });
  app.get('/:name/document', (c) => c.text(found(mocks, c.req.param('name')).document));
  app.delete('/:name', (c) => {
    if (!mocks.remove(c.req.param('name'))) throw missing(c.req.param('name'));
    return c.body(null, 204);
  });
  return app;
}

function tooLarge(): Response {
  return problemResponse(413, `A document has at most ${String(largestDocument / 1_048_576)} MiB.`);
}

/** The document is the body itself, whatever its media type. */
async function documentIn(c: Context): Promise<string> {
  return new TextDecoder().decode(await c.req.arrayBuffer());
}

function described(c: Context, { name, mock }: NamedMock) {
  const { origin } = new URL(c.req.url);
  const broken = mock.operations.filter((operation) => operation.broken !== undefined).length;
  return {
    name,
    title: mock.title,
    url: `${origin}/mock/${name}`,
    operations: mock.operations.length - broken,
    broken,
  };
}

function found(mocks: Mocks, name: string): NamedMock {
  const named = mocks.get(name);
  if (named === undefined) throw missing(name);
  return named;
}

function missing(name: string): Error {
  return problem(404, `There is no mock "${name.slice(0, 64)}"; see /mock/openapi for those there are.`);
}

/** The body, of a GET too. */
async function bodyOf(c: Context): Promise<Buffer> {
  const incoming = (c.env as { readonly incoming?: IncomingMessage } | undefined)?.incoming;
  if (c.req.method !== 'GET' || incoming === undefined) return Buffer.from(await c.req.arrayBuffer());
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw problem(413, `A body has at most ${String(largestBody)} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The mocks themselves: `/mock/<name>/...`. */
export function mockRoutes(mocks: Mocks): Hono {
  const app = new Hono();
  app.get('/:name', (c) => c.html(mockPage(found(mocks, c.req.param('name')), new URL(c.req.url).origin)));
  app.all('/:name/*', async (c) => {
    const named = found(mocks, c.req.param('name'));
    const url = new URL(c.req.url);
    return named.mock.answer({
      method: c.req.method,
      path: url.pathname
        .split('/')
        .slice(3)
        .map((part) => `/${part}`)
        .join(''),
      query: url.search,
      headers: c.req.raw.headers,
      bytes: await bodyOf(c),
    });
  });
  return app;
}
