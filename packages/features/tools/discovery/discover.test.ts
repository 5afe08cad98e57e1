import { newId } from '@devmesh/foundation';
import { createGuardedFetch, type ClosableGuardedFetch } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAudit } from '../../audit/index.ts';
import type { Principal } from '../../identity/index.ts';
import { readHere } from '../reading/read-here.fixture.ts';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { createDiscover, type Discover } from './discover.ts';
import { json, openapi, page, startSite, type Answer, type Site } from './site.fixture.ts';

const sites: Site[] = [];

async function site(paths: (origin: string) => Readonly<Record<string, Answer>>): Promise<Site> {
  const started = await startSite(paths);
  sites.push(started);
  return started;
}

describe('finding the description of an API', () => {
  let bench: ToolsBench;
  let principal: Principal;
  let fetch: ClosableGuardedFetch;
  let find: Discover;
  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    const { database, telemetry } = bench;
    fetch = createGuardedFetch({ allowHosts: ['127.0.0.1', 'localhost'], telemetry });
    const audit = createAudit({ database, tracer: telemetry.tracer, newId });
    find = createDiscover({ fetch, database, audit, reader: readHere });
  });
  afterEach(async () => {
    for (const one of sites.splice(0)) await one.close();
  });
  afterAll(async () => {
    await fetch.close();
    await bench.close();
  });

  const discover = (url: string, rest: Partial<Parameters<Discover>[1]> = {}) =>
    find(principal, { url, hints: [], ...rest });

  it.each<[string, string, (origin: string) => Readonly<Record<string, Answer>>, string]>([
    ['a document that is the address itself', '/spec.json', () => ({ '/spec.json': json(openapi('T')) }), '/spec.json'],
    [
      'FastAPI',
      '/',
      () => ({
        '/': json({ detail: 'x' }),
        '/docs': page('<title>T</title><script>SwaggerUIBundle({ url: "/openapi.json" })</script>'),
        '/openapi.json': json(openapi('T')),
      }),
      '/openapi.json',
    ],
    [
      'Swagger UI with its initializer',
      '/ui/',
      () => ({
        '/ui/': page('<script src="./swagger-initializer.js"></script>'),
        '/ui/swagger-initializer.js': {
          type: 'text/javascript',
          text: 'window.ui = SwaggerUIBundle({ url: "../deep/v7/contract.json", dom_id: "#x" })',
        },
        '/deep/v7/contract.json': json(openapi('T')),
      }),
      '/deep/v7/contract.json',
    ],
    [
      'springdoc with its configuration',
      '/',
      () => ({
        '/': page('<a href="/swagger-ui/index.html">API</a>'),
        '/swagger-ui/index.html': page('<script>window.x = { configUrl: "/conf/swagger-config" }</script>'),
        '/conf/swagger-config': json({ configUrl: '/conf/swagger-config', urls: [{ url: '/group/one', name: 'one' }] }),
        '/group/one': json(openapi('T')),
      }),
      '/group/one',
    ],
    [
      'Redoc',
      '/',
      () => ({
        '/': page('<redoc spec-url="/static/api.yaml"></redoc>'),
        '/static/api.yaml': {
          type: 'text/yaml',
          text: 'openapi: 3.0.0\ninfo: {title: T, version: "1"}\npaths: {/a: {get: {}}}',
        },
      }),
      '/static/api.yaml',
    ],
    [
      'a link by RFC 8631 in a header',
      '/',
      () => ({
        '/': { type: 'text/plain', text: 'hello', headers: { link: '</hidden/desc>; rel="service-desc"' } },
        '/hidden/desc': json(openapi('T')),
      }),
      '/hidden/desc',
    ],
    [
      'a link by RFC 8631 on a page',
      '/',
      () => ({ '/': page('<link rel="service-desc" href="hidden/desc2">'), '/hidden/desc2': json(openapi('T')) }),
      '/hidden/desc2',
    ],
    [
      'an API catalogue by RFC 9727',
      '/',
      () => ({
        '/': page(''),
        '/.well-known/api-catalog': {
          type: 'application/linkset+json',
          text: JSON.stringify({ linkset: [{ anchor: '/x', 'service-desc': [{ href: '/catalogued' }] }] }),
        },
        '/catalogued': json(openapi('T')),
      }),
      '/catalogued',
    ],
    [
      'Kubernetes',
      '/',
      () => ({
        '/': json({ paths: ['/api'] }),
        '/openapi/v2': json({
          swagger: '2.0',
          info: { title: 'T', version: '1' },
          paths: { '/a': { get: { operationId: 'a' } } },
        }),
      }),
      '/openapi/v2',
    ],
    [
      'the folder of the address before its origin',
      '/app',
      () => ({ '/': page(''), '/app': page(''), '/app/openapi.json': json(openapi('T')) }),
      '/app/openapi.json',
    ],
  ])('finds %s', async (_what, path, paths, at) => {
    const { origin } = await site(paths);
    const { candidates, complete } = await discover(`${origin}${path}`);
    expect(candidates.map(({ url, title }) => [url, title])).toEqual([[`${origin}${at}`, 'T']]);
    expect(complete).toBe(true);
  });

  it('tells format, title and operations, and what it finds can be imported as it is', async () => {
    const { origin } = await site(() => ({
      '/': page('<title>Thing</title>'),
      '/openapi.json': json(openapi('Things', ['/a', '/b'])),
    }));
    const { candidates, tried } = await bench.tools.discover(principal, { url: origin, hints: [] });
    expect(candidates).toEqual([
      {
        url: `${origin}/openapi.json`,
        format: 'openapi',
        title: 'Things',
        version: '1',
        operations: 2,
        found: 'a common path',
      },
    ]);
    expect(tried.find(({ url }) => url === `${origin}/swagger.json`)?.outcome).toBe('It answered 404.');
    const { tool } = await bench.tools.import(principal, { name: 'things', url: candidates[0]?.url ?? '' }, nothing);
    expect(tool).toMatchObject({ operationCount: 2, baseUrl: origin });
  });

  it.each<[string, unknown, string, number]>([
    [
      'a Postman collection',
      {
        info: { name: 'P', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
        item: [{ name: 'One', request: { method: 'GET', url: 'https://x.test/one' } }],
      },
      'postman',
      1,
    ],
    [
      'the web services of SonarQube',
      { webServices: [{ path: 'api/issues', actions: [{ key: 'search', params: [] }] }] },
      'description',
      1,
    ],
    [
      'a plain list of endpoints',
      {
        name: 'L',
        endpoints: [
          { method: 'GET', path: '/a' },
          { method: 'POST', path: '/b' },
        ],
      },
      'description',
      2,
    ],
    ['Swagger 2.0', { swagger: '2.0', info: { title: 'S', version: '1' }, paths: { '/a': { get: {} } } }, 'swagger', 1],
  ])('recognizes %s', async (_what, document, format, operations) => {
    const { origin } = await site(() => ({ '/d': json(document) }));
    expect((await discover(`${origin}/d`)).candidates).toMatchObject([{ format, operations }]);
  });

  it.each([
    ['AsyncAPI', '{"asyncapi":"3.0.0"}'],
    ['GraphQL', '{"data":{"__schema":{}}}'],
    ['WSDL', '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"></definitions>'],
  ])('names %s as what is not supported', async (name, text) => {
    const { origin } = await site(() => ({ '/d': { type: 'text/plain', text } }));
    const { candidates, tried } = await discover(`${origin}/d`);
    expect(candidates).toEqual([]);
    expect(tried[0]?.outcome).toMatch(new RegExp(`${name}.*not supported`, 'u'));
  });

  it('finds an MCP server, and ends the session that the question opened', async () => {
    const ended: (string | undefined)[] = [];
    const { origin } = await site(() => ({
      '/': page(''),
      '/mcp': ({ method, body, headers }, response) => {
        if (method === 'DELETE') {
          ended.push(headers['mcp-session-id']?.toString());
          response.writeHead(204).end();
        } else if (method !== 'POST') response.writeHead(405).end();
        else {
          const { id } = JSON.parse(body) as { id: number };
          const result = {
            protocolVersion: '2025-06-18',
            capabilities: {},
            serverInfo: { name: 'Relay', version: '3' },
          };
          const event = `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`;
          response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's1' }).end(event);
        }
      },
    }));
    expect((await discover(origin)).candidates).toMatchObject([
      { url: `${origin}/mcp`, format: 'mcp', title: 'Relay', version: '3' },
    ]);
    expect(ended).toEqual(['s1']);
  });

  it('sends a credential to the origin that was named and to no other [tools.discovery-credentials]', async () => {
    const paths = (origin: string): Readonly<Record<string, Answer>> => ({
      '/': page(
        `<link rel="service-desc" href="${origin.replace('127.0.0.1', 'localhost')}/other.json"><link rel="service-desc" href="/redirected">`,
      ),
      '/other.json': json(openapi('Other')),
      '/redirected': (_asked, response) => {
        response.writeHead(302, { location: `${origin.replace('127.0.0.1', 'localhost')}/target.json` }).end();
      },
      '/target.json': json(openapi('Target')),
    });
    for (const credential of [
      { kind: 'bearer', token: 'a-very-secret-token' } as const,
      { kind: 'apiKey', in: 'query', name: 'key', value: 'a-very-secret-token' } as const,
      { kind: 'apiKey', in: 'header', name: 'x-key', value: 'a-very-secret-token' } as const,
      { kind: 'basic', username: 'u', password: 'a-very-secret-token' } as const,
    ]) {
      const one = await site(paths);
      const found = await discover(one.origin, { credential });
      expect(found.candidates.map(({ title }) => title)).toContain('Other');
      const port = new URL(one.origin).port;
      const stranger = one.asked.filter(({ headers }) => headers.host === `localhost:${port}`);
      const own = one.asked.filter(({ headers }) => headers.host === `127.0.0.1:${port}`);
      const secret = /a-very-secret-token|dTphLXZlcnktc2VjcmV0LXRva2Vu/u;
      expect(stranger.length).toBeGreaterThan(0);
      expect(own.every((asked) => secret.test(JSON.stringify(asked)))).toBe(true);
      expect(stranger.filter((asked) => secret.test(JSON.stringify(asked)))).toEqual([]);
      expect(JSON.stringify(found)).not.toMatch(secret);
    }
  });

  it('tries first where it was found at another instance of the product', async () => {
    const paths = (): Readonly<Record<string, Answer>> => ({
      '/': page('<title>Odd Product 7.1</title>'),
      '/very/odd/place': json(openapi('Odd')),
    });
    const one = await site(paths);
    expect((await discover(one.origin, { hints: ['/very/odd/place'] })).candidates).toHaveLength(1);
    const other = await site(() => ({ ...paths(), '/': page('<title>Odd Product 8.0</title>') }));
    const found = await discover(other.origin);
    expect(found.candidates).toMatchObject([{ found: 'where it was found at the same product before' }]);
    expect(other.asked.length).toBeLessThan(5);
    const stranger = await bench.newPrincipal();
    const theirs = await find(stranger, { url: other.origin, hints: [] });
    expect(theirs.candidates).toEqual([]);
  });

  it('keeps to its budget: probes, and answers that are too large or lead in circles', async () => {
    const one = await site((origin) => ({
      '/': page(
        Array.from({ length: 400 }, (_, index) => `<link rel="service-desc" href="/loop/${String(index)}">`).join(''),
      ),
      ...Object.fromEntries(
        Array.from({ length: 400 }, (_, index) => [
          `/loop/${String(index)}`,
          page(`<link rel="service-desc" href="${origin}/loop/${String((index + 31) % 400)}">`),
        ]),
      ),
      '/openapi.json': (_asked, response) => {
        response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
      },
      '/swagger.json': (_asked, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': String(2 ** 31) })
          .flushHeaders();
        response.destroy();
      },
    }));
    const { candidates, tried } = await discover(one.origin);
    expect(candidates).toEqual([]);
    expect(one.asked.length).toBeLessThanOrEqual(110);
    expect(tried.length).toBeLessThanOrEqual(110);
    expect(new Set(one.asked.map(({ method, url }) => `${method} ${url}`)).size).toBe(one.asked.length);
  });

  it('never follows a redirect to a private address', async () => {
    const one = await site(() => ({
      '/': page('<redoc spec-url="/r"></redoc>'),
      '/r': (_asked, response) => {
        response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
      },
    }));
    const { tried } = await discover(one.origin);
    expect(tried.find(({ url }) => url === `${one.origin}/r`)?.outcome).toMatch(/169\.254\.169\.254/u);
  });

  it.each([
    ['that nobody answers at', 'http://127.0.0.1:1/', 'upstream_unreachable'],
    ['that is not allowed', 'http://10.1.2.3/', 'address_refused'],
  ])('says why an address %s cannot be asked', async (_what, url, code) => {
    await expect(discover(url)).rejects.toMatchObject({ code });
  });

  it('records who looked where, without the credential', async () => {
    const { origin } = await site(() => ({ '/d': json(openapi('T')) }));
    await discover(`${origin}/d`, { credential: { kind: 'bearer', token: 'a-very-secret-token' } });
    const { items } = await bench.trailOf(principal);
    expect(items[0]).toMatchObject({ action: 'tools.discover', subject: origin });
    expect(JSON.stringify(items)).not.toContain('a-very-secret-token');
  });

  it('remembers no more than a bounded number of places', async () => {
    const some = await bench.newPrincipal();
    await bench.database.tenant(some.tenantId, (tx) =>
      sql`insert into mcp.discovery_hints (tenant_id, fingerprint, path)
          select current_setting('app.tenant_id')::uuid, 'title x', '/' || n from generate_series(1, 600) n`.execute(
        tx,
      ),
    );
    const { origin } = await site(() => ({ '/': page('<title>Y</title>'), '/openapi.json': json(openapi('T')) }));
    await find(some, { url: origin, hints: [] });
    const { rows } = await bench.database.tenant(some.tenantId, (tx) =>
      sql<{ count: number }>`select count(*)::int as count from mcp.discovery_hints`.execute(tx),
    );
    expect(rows[0]?.count).toBe(500);
  });
});
