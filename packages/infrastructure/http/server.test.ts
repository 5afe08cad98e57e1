import { EventEmitter, once } from 'node:events';
import { Agent, request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { afterEach, describe, expect, test } from 'vitest';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { createHttpService, type HttpService } from './server.ts';

type Options = Partial<Parameters<typeof createHttpService>[0]>;

const open: HttpService[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.stop()));
});

async function serve(options: Options = {}): Promise<HttpService> {
  const service = build(options);
  await service.start();
  return service;
}

function build(options: Options): HttpService {
  const service = createHttpService({
    name: 'test-api',
    host: '127.0.0.1',
    port: 0,
    fetch: () => new Response('fine'),
    telemetry: silentTelemetry,
    ...options,
  });
  open.push(service);
  return service;
}

function signalled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const emitter = new EventEmitter();
  return {
    promise: once(emitter, 'signal').then(() => undefined),
    resolve: () => {
      emitter.emit('signal');
    },
  };
}

/** Whether nothing listens there any more. */
async function refuses(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel();
    return false;
  } catch {
    return true;
  }
}

async function untilItListensNoMore(service: HttpService): Promise<void> {
  await expect.poll(async () => (await service.ready()).reason).toContain('not listening');
}

/** What an answer says of its connection. */
function get(service: HttpService, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    openRequest({ agent, port: service.address().port, host: '127.0.0.1' }, (response) => {
      response.resume().once('end', () => {
        resolve(response.headers.connection);
      });
    })
      .once('error', reject)
      .end();
  });
}

/** Sends raw text and collects what comes until the server closes. */
function raw(service: HttpService, text: string): { readonly socket: Socket; readonly all: Promise<string> } {
  const socket = connect(service.address().port, '127.0.0.1');
  socket.write(text);
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  const all = new Promise<string>((resolve) => {
    socket.on('close', () => {
      resolve(received);
    });
  });
  return { socket, all };
}

describe('an HTTP service', () => {
  test.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400, 'invalid_request'],
    ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000', 400, 'invalid_request'],
    ['endless headers', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'too_large'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'invalid_request',
    ],
  ])('answers %s with one sentence and a code', async (_name, text, status, code) => {
    const received = await raw(await serve(), text).all;
    const [head = '', body = ''] = received.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${String(status)} `);
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(body).toContain(`"code":"${code}"`);
  });

  test('serves requests on a port that the system chose', async () => {
    const service = await serve({
      fetch: async (request) => Response.json({ path: new URL(request.url).pathname, body: await request.text() }),
    });
    const { port, url } = service.address();
    expect(port).toBeGreaterThan(0);
    const response = await fetch(`${url}/a/b?c`, { method: 'POST', body: 'text' });
    expect(await response.json()).toEqual({ path: '/a/b', body: 'text' });
    expect(await service.ready()).toEqual({ ready: true });
  });

  test('gives an address that a client here can use when it listens everywhere', async () => {
    const service = await serve({ host: '0.0.0.0' });
    expect(service.address().url).toBe(`http://localhost:${String(service.address().port)}`);
  });

  test('has no address and is not ready before it starts', async () => {
    const service = build({});
    expect(() => service.address()).toThrow(expect.objectContaining({ code: 'invalid_state' }));
    expect((await service.ready()).ready).toBe(false);
    await service.stop();
  });

  test('says in one sentence that the port is in use, and can still be stopped', async () => {
    const { port } = (await serve()).address();
    const second = build({ name: 'second', port });
    await expect(second.start()).rejects.toMatchObject({
      code: 'port_in_use',
      message: `second cannot listen on 127.0.0.1:${String(port)}: another program does.`,
    });
    await second.stop();
  });

  test('turns a thrown error of the table into its problem document', async () => {
    const service = await serve({ fetch: () => Promise.reject(new MeshError('not_found', 'No such task.')) });
    const response = await fetch(service.address().url);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found', detail: 'No such task.' });
  });

  test('hides what an unexpected failure says, logs it and names its trace [errors.no-leak]', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line) };
    const telemetry = createTelemetry({ service: 'test-api', level: 'info', pretty: false, destination });
    const service = await serve({
      telemetry,
      fetch: () => {
        throw new Error('the table "secrets" is gone');
      },
    });
    const response = await fetch(service.address().url);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('secrets');
    const { traceId } = JSON.parse(text) as { traceId: string };
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      trace_id: traceId,
      error: { message: 'the table "secrets" is gone' },
    });
    expect(telemetry.tracer.recent(traceId)).toMatchObject([{ failed: true, name: 'HTTP GET' }]);
  });

  test('joins the trace of its caller', async () => {
    const telemetry = createTelemetry({ service: 'test-api', level: 'silent', pretty: false });
    const service = await serve({ telemetry, fetch: () => new Response(telemetry.tracer.traceId()) });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    expect(await (await fetch(`${service.address().url}/x`, { headers })).text()).toBe(traceId);
    expect(telemetry.tracer.recent(traceId)).toMatchObject([
      {
        parentSpanId: 'b7ad6b7169203331',
        failed: false,
        attributes: { 'http.request.method': 'GET', 'url.path': '/x', 'http.response.status_code': 200 },
      },
    ]);
    expect(await telemetry.metricsText()).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200"} 1',
    );
  });

  test('answers a request with a broken Host by a problem document', async () => {
    const service = await serve();
    const { all } = raw(service, 'GET / HTTP/1.1\r\nHost: a b\\c\r\nConnection: close\r\n\r\n');
    const answer = await all;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).toContain('invalid_request');
  });
});

describe('limits of an HTTP service', () => {
  test('cut a client that trickles its headers', async () => {
    const service = await serve({ limits: { headersTimeoutMilliseconds: 100, requestTimeoutMilliseconds: 200 } });
    const { all } = raw(service, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(await all).toMatch(/^HTTP\/1\.1 408 /u);
  });

  test('cut a client that trickles its body [http.bounded]', async () => {
    const service = await serve({
      fetch: async (request) => new Response(await request.text()),
      limits: { headersTimeoutMilliseconds: 100, requestTimeoutMilliseconds: 200 },
    });
    const { all } = raw(service, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx');
    expect(await all).not.toMatch(/^HTTP\/1\.1 200 /u);
  });

  test('refuse headers that are too large', async () => {
    const service = await serve({ limits: { maximumHeaderBytes: 2_000 } });
    const { all } = raw(service, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(3_000)}\r\n\r\n`);
    expect(await all).toMatch(/^HTTP\/1\.1 431 /u);
  });
});

describe('stopping an HTTP service', () => {
  test('lets a request in flight finish, and takes no new one', async () => {
    const gate = signalled();
    const entered = signalled();
    const service = await serve({
      fetch: async () => {
        entered.resolve();
        await gate.promise;
        return new Response('finished');
      },
    });
    const { url } = service.address();
    const answer = fetch(url);
    await entered.promise;
    const stopping = service.stop();
    await untilItListensNoMore(service);
    expect(await refuses(url)).toBe(true);
    gate.resolve();
    expect(await (await answer).text()).toBe('finished');
    await stopping;
    expect((await service.ready()).ready).toBe(false);
  });

  test('serves on while it drains, says that it is not ready, and asks for new connections', async () => {
    const service = await serve({ drainSeconds: 0.2 });
    const { url } = service.address();
    await (await fetch(url)).text();
    const draining = service.drain();
    expect(await service.ready()).toEqual({ ready: false, reason: 'test-api is stopping' });
    const answer = await fetch(url);
    expect([await answer.text(), answer.headers.get('connection')]).toEqual(['fine', 'close']);
    await draining;
    expect((await fetch(url)).status).toBe(200);
    await service.stop();
    expect(await refuses(url)).toBe(true);
  });

  test('answers the request that a kept connection brings while it is being closed', async () => {
    const service = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get(service, agent)).toBe('keep-alive');
    const stopping = service.stop();
    expect(await get(service, agent)).toBe('close');
    await stopping;
    agent.destroy();
  });

  test('answers a connection that was made before it stopped and speaks late', async () => {
    const service = await serve();
    const socket = connect(service.address().port, '127.0.0.1');
    await once(socket, 'connect');
    const stopping = service.stop();
    await untilItListensNoMore(service);
    const answer = once(socket, 'data');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(String(await answer)).toContain('HTTP/1.1 200 OK');
    await stopping;
  });

  test('cuts what does not finish in time', async () => {
    const entered = signalled();
    const service = await serve({
      fetch: () => {
        entered.resolve();
        return new Promise(() => undefined);
      },
      limits: { drainMilliseconds: 50 },
    });
    const answer = fetch(service.address().url).catch((error: unknown) => error);
    await entered.promise;
    await service.stop();
    expect(await answer).toBeInstanceOf(TypeError);
  });

  test('ends event streams cleanly and lets their source go', async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const service = await serve({
      fetch: () => new Response(source, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const response = await fetch(service.address().url);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe('data: 1\n\n');
    await service.stop();
    expect((await reader.read()).done).toBe(true);
    expect(cancelled).toBe(true);
  });

  test('tells the source of an event stream when its reader leaves', async () => {
    let told = false;
    const left = signalled();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
      },
      cancel: () => {
        told = true;
        left.resolve();
      },
    });
    const service = await serve({
      fetch: () => new Response(source, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const response = await fetch(service.address().url);
    await response.body!.cancel();
    await left.promise;
    expect(told).toBe(true);
  });

  test('does not wait for idle keep-alive connections, and may be asked twice', async () => {
    const service = await serve();
    await (await fetch(service.address().url)).text();
    await Promise.all([service.stop(), service.stop()]);
    expect((await service.ready()).ready).toBe(false);
  });
});

describe('upgrades', () => {
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhead';

  test('are handed over with what was already received, and cut on stop when nobody closed them', async () => {
    const service = await serve({
      onUpgrade: (request, socket, head) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${request.url ?? ''} ${head.toString()}`);
      },
    });
    const { socket, all } = raw(service, upgrade);
    await new Promise((resolve) => socket.once('data', resolve));
    await service.stop();
    expect(await all).toContain('/ws head');
  });

  test('that trickle are cut before they are any [http.bounded]', async () => {
    let upgrades = 0;
    const service = await serve({
      onUpgrade: () => void (upgrades += 1),
      limits: { headersTimeoutMilliseconds: 100, requestTimeoutMilliseconds: 200 },
    });
    const { all } = raw(service, upgrade.slice(0, upgrade.indexOf('Upgrade: ')));
    expect(await all).toMatch(/^HTTP\/1\.1 408 /u);
    expect(upgrades).toBe(0);
  });

  test('that fail are closed, and the server lives on', async () => {
    const service = await serve({
      onUpgrade: () => {
        throw new Error('no such protocol');
      },
    });
    expect(await raw(service, upgrade).all).toBe('');
    expect((await fetch(service.address().url)).status).toBe(200);
  });
});
