import { MeshError, silentTelemetry, systemClock } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { callerOf, createTestEndpoint, type Caller } from '../testing/endpoint.ts';
import { createMalformedRate } from './malformed-rate.ts';
import { createStreamableHttpTransport } from './streamable-http.ts';

describe('malformed messages over HTTP', () => {
  it('are answered, until their key sent too many: then nothing of it is read, and others go on [mcp.malformed]', async () => {
    let now = 1_000_000;
    const transport = createStreamableHttpTransport<Caller>({
      endpoint: createTestEndpoint().endpoint,
      authenticate: async (request) => callerOf(request.headers.get('authorization')),
      ownerOf: ({ key }) => key,
      telemetry: silentTelemetry,
      allowedOrigins: [],
      clock: { ...systemClock, now: () => now },
    });
    const post = async (body: string, key = 'good') => {
      const headers = {
        authorization: `Bearer ${key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      };
      const request = new Request('http://mesh.example/mcp', { method: 'POST', headers, body });
      const { status, headers: answered } = await transport.handle(request);
      return { status, retryAfter: answered.get('retry-after'), read: request.bodyUsed };
    };
    for (let sent = 0; sent < 100; sent += 1) expect((await post('{"jsonrpc')).status).toBe(400);
    expect(await post('{"jsonrpc')).toEqual({ status: 429, retryAfter: '60', read: false });
    expect((await post('{"jsonrpc', 'good-other')).status).toBe(400);
    now += 60_000;
    expect((await post('{"jsonrpc')).status).toBe(400);
    await transport.drain(0);
  });

  it('are none where the connection broke off, and that is no failure of the server', async () => {
    const errors: unknown[] = [];
    const transport = createStreamableHttpTransport<Caller>({
      endpoint: createTestEndpoint().endpoint,
      authenticate: async (request) => callerOf(request.headers.get('authorization')),
      ownerOf: ({ key }) => key,
      telemetry: { ...silentTelemetry, log: { ...silentTelemetry.log, error: (...words) => errors.push(words) } },
      allowedOrigins: [],
    });
    const headers = { authorization: 'Bearer good', accept: 'application/json, text/event-stream' };
    const post = (body: string | ReadableStream) =>
      transport.handle(
        new Request('http://mesh.example/mcp', {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
          duplex: 'half',
        }),
      );
    for (let sent = 0; sent < 101; sent += 1) {
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          controller.error(new Error('aborted'));
        },
      });
      expect((await post(body)).status).toBe(400);
    }
    expect((await post('{"jsonrpc":"2.0","method":"notifications/initialized"}')).status).not.toBe(429);
    expect(errors).toEqual([]);
    await transport.drain(0);
  });

  it('are forgotten with their window, and those of the longest ago where there are too many owners', () => {
    let now = 0;
    const rate = createMalformedRate({ clock: { ...systemClock, now: () => now }, most: 1, windowSeconds: 10 });
    rate.note('first');
    expect(() => {
      rate.check('first');
    }).toThrow(MeshError);
    now = 10_000;
    rate.check('first');
    rate.note('first');
    for (let owner = 0; owner < 10_000; owner += 1) rate.note(`other${String(owner)}`);
    rate.check('first');
    expect(() => {
      rate.check('other0');
    }).toThrow(/malformed/u);
  });
});
