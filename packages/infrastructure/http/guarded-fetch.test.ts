import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { silentTelemetry, type MeshError } from '@devmesh/foundation';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTelemetry } from '../telemetry/telemetry.ts';
import type { Resolve } from './checked-connect.ts';
import type { GuardedRequest, GuardedResponse } from './guard.ts';
import { createGuardedFetch, type ClosableGuardedFetch } from './guarded-fetch.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let port: number;
let handler: Handler;
let requests: IncomingMessage[];
let connections: Set<Socket>;
const open: ClosableGuardedFetch[] = [];

beforeEach(async () => {
  requests = [];
  connections = new Set();
  handler = (_request, response) => response.end('fine');
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.on('connection', (socket: Socket) => connections.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((guarded) => guarded.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const names: Resolve = (hostname) =>
  hostname.endsWith('.test') ? Promise.resolve(['127.0.0.1']) : Promise.reject(new Error(`no such name ${hostname}`));

function guard(allowHosts: readonly string[] = [], resolve?: Resolve): ClosableGuardedFetch {
  const guarded = createGuardedFetch({ allowHosts, telemetry: silentTelemetry, ...(resolve ? { resolve } : {}) });
  open.push(guarded);
  return guarded;
}

/** A fetch to which the test server is an allowed host, under several names. */
function toServer(path: string, request: GuardedRequest = {}): Promise<GuardedResponse> {
  return guard(['mock.test', 'other.test'], names)(`http://mock.test:${String(port)}${path}`, request);
}

async function failure(work: Promise<unknown>): Promise<MeshError> {
  return work.then(
    () => {
      throw new Error('it was let through');
    },
    (error: unknown) => error as MeshError,
  );
}

describe('the guarded fetch refuses', () => {
  test.each([
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    '[::]',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '10.0.0.1',
    '192.168.1.1',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
  ])('%s, without a connection', async (host) => {
    const error = await failure(guard()(`http://${host}:${String(port)}/`));
    expect(error.code).toBe('address_refused');
    expect(connections.size).toBe(0);
  });

  test('a public name that resolves to a private address [outbound.guarded]', async () => {
    const error = await failure(guard([], names)(`http://public.test:${String(port)}/`));
    expect(error.code).toBe('address_refused');
    expect(connections.size).toBe(0);
  });

  test('a name whose answers are all private, in any family', async () => {
    const addresses = ['10.0.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1%lo'];
    const guarded = guard([], () => Promise.resolve(addresses));
    expect((await failure(guarded('http://mixed.test/'))).code).toBe('address_refused');
  });

  test('a private host on another port than the allowed one', async () => {
    const error = await failure(guard([`127.0.0.1:${String(port + 1)}`])(`http://127.0.0.1:${String(port)}/`));
    expect(error.code).toBe('address_refused');
  });

  test.each(['http://127.0.0.1:PORT/', 'http://[::1]:PORT/', 'http://rebound.test:PORT/', 'ftp://other.test/'])(
    'a redirect to %s [outbound.guarded]',
    async (location) => {
      handler = (_request, response) =>
        response.writeHead(302, { location: location.replace('PORT', String(port)) }).end('x'.repeat(1_000));
      expect((await failure(toServer('/'))).code).toBe('address_refused');
      expect(requests).toHaveLength(1);
    },
  );

  test.each([
    ['ftp://mock.test/', 'address_refused'],
    ['file:///etc/passwd', 'address_refused'],
    ['http://user:hunter2@mock.test/', 'address_refused'],
    ['not a url', 'invalid_request'],
  ])('%s with %s', async (url, code) => {
    const error = await failure(guard(['mock.test'], names)(url));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('hunter2');
  });

  test.each([
    [{ host: 'internal' }],
    [{ 'Transfer-Encoding': 'chunked' }],
    [{ 'Content-Length': '3' }],
    [{ 'x y': '1' }],
    [{ fine: 'a\r\nhost: b' }],
  ])('headers that would smuggle: %j', async (headers: Record<string, string>) => {
    expect((await failure(toServer('/', { headers }))).code).toBe('invalid_request');
    expect(requests).toHaveLength(0);
  });

  test('CONNECT', async () => {
    expect((await failure(toServer('/', { method: 'connect' }))).code).toBe('invalid_request');
  });
});

describe('the guarded fetch', () => {
  test('sends method, headers and body, and gives the answer back', async () => {
    let received = '';
    handler = (request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString()));
      request.on('end', () => response.writeHead(418, { 'set-cookie': ['a=1', 'b=2'], 'x-name': 'Zoë' }).end('teapot'));
    };
    const response = await toServer('/pot?size=2', { method: 'put', headers: { 'X-Key': 'k' }, body: 'water' });
    expect(response.status).toBe(418);
    expect(response.text()).toBe('teapot');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-name')).toBeTypeOf('string');
    expect(response.url).toBe(`http://mock.test:${String(port)}/pot?size=2`);
    expect(requests[0]?.method).toBe('PUT');
    expect(requests[0]?.url).toBe('/pot?size=2');
    expect(requests[0]?.headers).toMatchObject({ 'x-key': 'k', host: `mock.test:${String(port)}` });
    expect(received).toBe('water');
  });

  test('keeps connections alive', async () => {
    const guarded = guard(['mock.test'], names);
    for (let time = 0; time < 5; time += 1) await guarded(`http://mock.test:${String(port)}/`);
    expect(requests).toHaveLength(5);
    expect(connections.size).toBeLessThan(requests.length);
  });

  test('resolves a name once for each connection', async () => {
    let lookups = 0;
    const counting: Resolve = (hostname) => {
      lookups += 1;
      return names(hostname);
    };
    await guard(['mock.test'], counting)(`http://mock.test:${String(port)}/`);
    expect(lookups).toBe(1);
  });

  test('checks again when a name that was public turns private', async () => {
    const answers = [[], ['127.0.0.1']];
    const guarded = guard([], () => Promise.resolve(answers.shift() ?? []));
    const url = `http://rebinding.test:${String(port)}/`;
    expect((await failure(guarded(url))).code).toBe('upstream_unreachable');
    expect((await failure(guarded(url))).code).toBe('address_refused');
    expect(connections.size).toBe(0);
  });

  test('says that a server cannot be reached, without the query', async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(toServer('/path?key=hunter2'));
    expect(error.code).toBe('upstream_unreachable');
    expect(error.message).toContain(`http://mock.test:${String(port)}/path`);
    expect(error.message).not.toContain('hunter2');
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  });

  test('says that a name does not exist', async () => {
    expect((await failure(guard([], names)('http://nowhere.example/'))).code).toBe('upstream_unreachable');
  });

  test('says that an answer is not HTTP', async () => {
    handler = (_request, response) => response.socket?.end('SSH-2.0-OpenSSH\r\n');
    expect((await failure(toServer('/'))).code).toBe('upstream_failed');
  });

  test('leaves a span and a duration, hands its trace on, and shows no query', async () => {
    const telemetry = createTelemetry({ service: 'worker', level: 'silent', pretty: false });
    const guarded = createGuardedFetch({ allowHosts: ['mock.test'], telemetry, resolve: names });
    open.push(guarded);
    const traceId = await telemetry.tracer.span('work', {}, async () => {
      await guarded(`http://mock.test:${String(port)}/path?key=hunter2`);
      return telemetry.tracer.traceId() ?? '';
    });
    const spans = telemetry.tracer.recent(traceId);
    expect(spans[1]?.attributes).toMatchObject({
      'url.full': `http://mock.test:${String(port)}/path`,
      'http.response.status_code': 200,
    });
    expect(requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${spans[1]?.spanId ?? ''}-01`);
    const metrics = await telemetry.metricsText();
    expect(metrics).toContain('http_client_request_duration_seconds_count{http_request_method="GET",outcome="200"} 1');
    expect(metrics + JSON.stringify(spans)).not.toContain('hunter2');
  });

  test('fails with unavailable once closed', async () => {
    const guarded = guard(['mock.test'], names);
    await guarded.close();
    expect((await failure(guarded(`http://mock.test:${String(port)}/`))).code).toBe('unavailable');
  });
});

describe('redirects', () => {
  test('are followed, and the last address is told', async () => {
    handler = (request, response) =>
      request.url === '/a' ? response.writeHead(302, { location: '/b' }).end() : response.end('there');
    const response = await toServer('/a');
    expect(response.text()).toBe('there');
    expect(response.url).toBe(`http://mock.test:${String(port)}/b`);
  });

  test('to another origin with the credential in the address are not followed [outbound.credentials-stay]', async () => {
    const location = `http://other.test:${String(port)}/?state=s3cr3t%2Fkey`;
    handler = (_request, response) => response.writeHead(302, { location }).end();
    const refused = await failure(toServer('/', { secrets: ['s3cr3t/key'] }));
    expect(refused).toMatchObject({ code: 'address_refused' });
    expect(refused.message).not.toContain('s3cr3t');
    expect(requests).toHaveLength(1);
  });

  test('end after the limit', async () => {
    handler = (_request, response) => response.writeHead(302, { location: '/again' }).end();
    expect((await failure(toServer('/', { maximumRedirects: 3 }))).code).toBe('upstream_failed');
    expect(requests).toHaveLength(4);
  });

  test('are handed out when none may be followed', async () => {
    handler = (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end();
    const response = await toServer('/', { maximumRedirects: 0 });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('http://127.0.0.1/');
  });

  test('take credentials along within an origin and to no other [outbound.credentials-stay]', async () => {
    const other = `http://other.test:${String(port)}/c`;
    const next: Record<string, string> = { '/a': '/b', '/b': other };
    handler = (request, response) => {
      const location = next[request.url ?? ''];
      if (location === undefined) response.end('done');
      else response.writeHead(307, { location }).end();
    };
    await toServer('/a', { headers: { Authorization: 'Bearer k', Cookie: 'c=1', 'PRIVATE-TOKEN': 't' } });
    const seen = requests.map((request) => [
      request.headers.authorization,
      request.headers.cookie,
      request.headers['private-token'],
    ]);
    expect(seen).toEqual([
      ['Bearer k', 'c=1', 't'],
      ['Bearer k', 'c=1', 't'],
      [undefined, undefined, undefined],
    ]);
  });
});

describe('bodies', () => {
  const text = 'The quick brown fox. '.repeat(500);

  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['identity', Buffer.from(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['deflate, gzip', gzipSync(deflateRawSync(text))],
  ])('in %s are decoded', async (coding, body) => {
    handler = (_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body);
    const response = await toServer('/');
    expect(response.text()).toBe(text);
    expect(response.headers.has('content-encoding')).toBe(false);
  });

  const zeros = Buffer.alloc(32 * 1024 * 1024);

  test.each([
    ['gzip', gzipSync(zeros)],
    ['br', brotliCompressSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['deflate', deflateRawSync(zeros)],
    ['gzip, gzip', gzipSync(gzipSync(zeros))],
  ])('that are %s bombs stop at the limit of decoded bytes', async (coding, body) => {
    handler = (_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body);
    const error = await failure(toServer('/', { maximumBytes: 100_000 }));
    expect(error).toMatchObject({ code: 'too_large' });
    expect(error.message).toContain('100000');
  });

  test.each([
    ['with a declared length over the limit', { 'content-length': '1000000' }, 'too_large'],
    ['in an unknown coding', { 'content-encoding': 'compress' }, 'upstream_failed'],
  ])('%s are not read, and the connection is cut', async (_what, headers, code) => {
    const cut = new Promise((resolve) => {
      handler = (_request, response) => {
        response.once('close', resolve);
        response.writeHead(200, headers).write('x');
      };
    });
    expect((await failure(toServer('/', { maximumBytes: 10 }))).code).toBe(code);
    await cut;
  });

  test('without an end stop at the limit and the connection is cut [outbound.bounded]', async () => {
    const cut = new Promise((resolve) => {
      handler = (_request, response) => {
        response.once('close', resolve);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      };
    });
    expect((await failure(toServer('/', { maximumBytes: 50_000 }))).code).toBe('too_large');
    await cut;
  });

  test('that unfold into much, and that again into nothing, stop at the limit of encoded bytes [outbound.bounded]', async () => {
    // Members that are empty: megabytes for the inner decoder, of which not a byte comes out.
    const empty = gzipSync('');
    const inner = Buffer.concat(Array.from({ length: 100_000 }, () => empty));
    handler = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(inner));
    expect(await failure(toServer('/', { maximumBytes: 1_000 }))).toMatchObject({ code: 'too_large' });
  });

  test('of exactly the limit pass', async () => {
    handler = (_request, response) => response.end('x'.repeat(1_000));
    expect((await toServer('/', { maximumBytes: 1_000 })).body).toHaveLength(1_000);
    expect((await failure(toServer('/', { maximumBytes: 999 }))).code).toBe('too_large');
  });

  test.each([
    ['gzip', Buffer.from('not gzip at all')],
    ['gzip', gzipSync(text).subarray(0, 50)],
    ['br', Buffer.from('not brotli at all')],
    ['deflate', Buffer.from([0x78, 0x9c, 0xff, 0xff, 0xff])],
    ['compress', Buffer.from('x')],
    ['gzip, gzip, gzip, gzip', Buffer.from('x')],
  ])('in broken or unknown %s fail with upstream_failed', async (coding, body) => {
    handler = (_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body);
    expect((await failure(toServer('/'))).code).toBe('upstream_failed');
  });

  test('that break off are no answer', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    const error = await failure(toServer('/'));
    expect(['upstream_unreachable', 'upstream_failed']).toContain(error.code);
  });

  test.each(['HEAD', 'GET'])('are empty for %s where there is none, whatever the headers say', async (method) => {
    const status = method === 'HEAD' ? 200 : 304;
    handler = (_request, response) => response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    expect((await toServer('/', { method })).body).toHaveLength(0);
  });
});

describe('heads', () => {
  test('with more headers than anybody needs are refused [outbound.bounded]', async () => {
    handler = (_request, response) => {
      for (let number = 0; number < 300; number += 1) response.appendHeader(`x-${String(number % 280)}`, 'v');
      response.end();
    };
    expect(await failure(toServer('/'))).toMatchObject({ code: 'too_large' });
  });

  test('that are larger than 32 KiB are refused [outbound.bounded]', async () => {
    handler = (_request, response) => response.writeHead(200, { 'x-large': 'v'.repeat(33_000) }).end();
    expect(await failure(toServer('/'))).toMatchObject({ code: 'too_large' });
    handler = (_request, response) => response.writeHead(200, { 'x-large': 'v'.repeat(20_000) }).end();
    expect((await toServer('/')).headers.get('x-large')).toHaveLength(20_000);
  });
});

describe('time limits', () => {
  test('cover headers that never come', async () => {
    handler = () => undefined;
    expect((await failure(toServer('/', { timeoutMilliseconds: 50 }))).code).toBe('upstream_timeout');
  });

  test('cover a body that trickles [outbound.bounded]', async () => {
    handler = (_request, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.once('close', () => {
        clearInterval(timer);
      });
    };
    expect((await failure(toServer('/', { timeoutMilliseconds: 80 }))).code).toBe('upstream_timeout');
  });

  test('cover names that are never resolved', async () => {
    const guarded = guard([], () => new Promise(() => undefined));
    const work = guarded('http://slow.test/', { timeoutMilliseconds: 50 });
    expect((await failure(work)).code).toBe('upstream_timeout');
  });

  test('cover all redirects together', async () => {
    handler = (_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/on' }).end(), 20);
    };
    const work = toServer('/', { timeoutMilliseconds: 150, maximumRedirects: 1_000 });
    expect((await failure(work)).code).toBe('upstream_timeout');
  });

  test('leave a caller’s own abort its reason', async () => {
    handler = () => undefined;
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const work = failure(toServer('/', { signal: controller.signal }));
    controller.abort(reason);
    expect(await work).toBe(reason);
  });
});
