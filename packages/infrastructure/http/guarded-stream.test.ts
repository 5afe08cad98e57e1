import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { silentTelemetry, type MeshError } from '@devmesh/foundation';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Resolve } from './checked-connect.ts';
import type { GuardedStreamRequest } from './guard.ts';
import { createGuardedFetch, type ClosableGuardedFetch } from './guarded-fetch.ts';

let server: Server;
let port: number;
let handler: (request: IncomingMessage, response: ServerResponse) => void;
let requests: IncomingMessage[];
const open: ClosableGuardedFetch[] = [];

beforeEach(async () => {
  requests = [];
  handler = (_request, response) => response.end('fine');
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((guarded) => guarded.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const names: Resolve = () => Promise.resolve(['127.0.0.1']);

function guard(): ClosableGuardedFetch {
  const guarded = createGuardedFetch({ allowHosts: ['mock.test'], telemetry: silentTelemetry, resolve: names });
  open.push(guarded);
  return guarded;
}

function toServer(request: GuardedStreamRequest = {}, host = 'mock.test') {
  return guard().stream(`http://${host}:${String(port)}/events`, request);
}

async function failure(work: Promise<unknown>): Promise<MeshError> {
  return work.then(
    () => {
      throw new Error('It was let through.');
    },
    (error: unknown) => error as MeshError,
  );
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(body).text();
}

/** A connection that ends as whoever asked goes away. */
function untilCut(write: (response: ServerResponse) => void): Promise<void> {
  return new Promise((resolve) => {
    handler = (_request, response) => {
      response.once('close', resolve);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      write(response);
    };
  });
}

describe('a guarded stream', () => {
  test('gives each piece when it comes, without asking for compression [outbound.streams]', async () => {
    let response: ServerResponse | undefined;
    handler = (_request, answer) => {
      response = answer;
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    };
    const answer = await toServer();
    const reader = answer.body.getReader();
    const decode = async () => new TextDecoder().decode((await reader.read()).value);
    expect(answer.status).toBe(200);
    expect(await decode()).toBe('data: 1\n\n');
    response?.write('data: 2\n\n');
    expect(await decode()).toBe('data: 2\n\n');
    response?.end();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('sends method, headers and body', async () => {
    handler = (request, response) => request.pipe(response);
    const answer = await toServer({ method: 'post', headers: { 'x-key': 'k' }, body: 'said' });
    expect(await textOf(answer.body)).toBe('said');
    expect(requests[0]).toMatchObject({ method: 'POST', headers: { 'x-key': 'k' } });
  });

  test('decodes what comes encoded all the same', async () => {
    handler = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('text'));
    const answer = await toServer();
    expect(await textOf(answer.body)).toBe('text');
    expect(answer.headers.has('content-encoding')).toBe(false);
  });

  test.each(['other.test', '127.0.0.1', '[::1]', 'localhost'])(
    'reaches no private address: %s [outbound.streams]',
    async (host) => {
      expect(await failure(toServer({}, host))).toMatchObject({ code: 'address_refused' });
      expect(requests).toHaveLength(0);
    },
  );

  test('follows no redirect to a private address, and takes no credential elsewhere [outbound.streams]', async () => {
    handler = (_request, response) => response.writeHead(302, { location: `http://other.test:${String(port)}/` }).end();
    expect(await failure(toServer())).toMatchObject({ code: 'address_refused' });
    handler = (_request, response) => response.writeHead(307, { location: `http://other.test:${String(port)}/` }).end();
    expect(await failure(toServer({ method: 'POST', body: 'x' }))).toMatchObject({ code: 'address_refused' });
    handler = (_request, response) => response.writeHead(302, { location: 'https://public.example/?k=s3cr3t' }).end();
    const refused = await failure(toServer({ secrets: ['s3cr3t'] }));
    expect(refused.message).toContain('with the credential');
  });

  test('ends at its limit of bytes, also of decoded ones, and cuts the connection [outbound.streams]', async () => {
    const cut = untilCut((response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const answer = await toServer({ maximumBytes: 50_000 });
    expect(await failure(textOf(answer.body))).toMatchObject({ code: 'too_large' });
    await cut;
    handler = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000)));
    const bomb = await toServer({ maximumBytes: 50_000 });
    expect(await failure(textOf(bomb.body))).toMatchObject({ code: 'too_large' });
  });

  test('ends where nothing comes for too long, or its life is over [outbound.streams]', async () => {
    const quiet = untilCut((response) => response.write('x'));
    const idle = await toServer({ idleMilliseconds: 60 });
    expect(await failure(textOf(idle.body))).toMatchObject({ code: 'upstream_timeout' });
    await quiet;
    const trickle = untilCut((response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.once('close', () => {
        clearInterval(timer);
      });
    });
    // On a slow machine its life is over before the head is there.
    const old = toServer({ lifetimeMilliseconds: 100 }).then(({ body }) => textOf(body));
    expect(await failure(old)).toMatchObject({ code: 'upstream_timeout' });
    await trickle;
  });

  test('waits no longer for a head than it may, and leaves no connection behind', async () => {
    const cut = new Promise<void>((resolve) => {
      handler = (_request, response) => response.once('close', resolve);
    });
    expect(await failure(toServer({ timeoutMilliseconds: 50 }))).toMatchObject({ code: 'upstream_timeout' });
    await cut;
  });

  test('ends with the reason of who asked, before the head and within the body', async () => {
    handler = () => undefined;
    const controller = new AbortController();
    const waiting = failure(toServer({ signal: controller.signal }));
    controller.abort(new Error('went away'));
    expect((await waiting).message).toBe('went away');
    const cut = untilCut((response) => response.write('x'));
    const later = new AbortController();
    const answer = await toServer({ signal: later.signal });
    const reading = failure(textOf(answer.body));
    later.abort(new Error('went away later'));
    expect((await reading).message).toBe('went away later');
    await cut;
  });

  test('that is cancelled closes its connection', async () => {
    const cut = untilCut((response) => response.write('x'));
    const answer = await toServer();
    await answer.body.cancel();
    await expect(cut).resolves.toBeUndefined();
  });
});

describe('options for a socket', () => {
  const reached = async (lookupFor: string, host: string) => {
    const { lookup } = guard().socket(lookupFor);
    return new Promise<string>((resolve, reject) => {
      const socket = connect({ host, port, lookup });
      socket.once('error', reject).once('connect', () => {
        socket.destroy();
        resolve('connected');
      });
    });
  };

  test('lead to hosts that the operator named, and to no other private one [outbound.guarded]', async () => {
    expect(await reached(`ws://mock.test:${String(port)}/`, 'mock.test')).toBe('connected');
    expect(await failure(reached(`wss://other.test:${String(port)}/`, 'other.test'))).toMatchObject({
      code: 'address_refused',
    });
    for (const url of ['ws://127.0.0.1/', 'wss://[::1]/', 'http://10.0.0.1/']) {
      expect(() => guard().socket(url)).toThrow(expect.objectContaining({ code: 'address_refused' }) as Error);
    }
  });

  test('give of mixed answers the public addresses alone [outbound.guarded]', async () => {
    const resolve: Resolve = () => Promise.resolve(['127.0.0.1', '2606:4700::1111', '10.0.0.1', '8.8.8.8', '::1']);
    const guarded = createGuardedFetch({ allowHosts: [], telemetry: silentTelemetry, resolve });
    open.push(guarded);
    const { lookup } = guarded.socket('wss://mixed.example/');
    const found = await new Promise((done) => {
      lookup('mixed.example', { all: true }, (_error, addresses) => {
        done(addresses);
      });
    });
    expect(found).toEqual([
      { address: '2606:4700::1111', family: 6 },
      { address: '8.8.8.8', family: 4 },
    ]);
  });
});
