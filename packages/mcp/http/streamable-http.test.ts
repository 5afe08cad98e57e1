import { silentTelemetry, type Clock } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { callerOf, createTestEndpoint, type Caller } from '../testing/endpoint.ts';
import { createStreamableHttpTransport, type StreamableHttpOptions } from './streamable-http.ts';

type Headers_ = Record<string, string | undefined>;

interface Reply {
  readonly id?: unknown;
  readonly result?: { readonly content?: readonly { readonly text: string }[] };
  readonly error?: { readonly code: number; readonly data: { readonly code: string } };
}

const initializeParams = (protocolVersion: string) => ({
  protocolVersion,
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});

function start(options: Partial<StreamableHttpOptions<Caller>> = {}) {
  const test = createTestEndpoint();
  const transport = createStreamableHttpTransport<Caller>({
    endpoint: test.endpoint,
    authenticate: async (request) => callerOf(request.headers.get('authorization')),
    ownerOf: ({ key }) => key,
    telemetry: silentTelemetry,
    allowedOrigins: ['https://allowed.example'],
    ...options,
  });
  const send = (method: string, body: string | undefined, headers: Headers_ = {}) => {
    const given: Headers_ = {
      authorization: 'Bearer good',
      accept: 'application/json, text/event-stream',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const present = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return transport.handle(
      new Request('http://mesh.example/mcp', { method, headers: present, ...(body === undefined ? {} : { body }) }),
    );
  };
  const rpc = (method: string, params: object, headers?: Headers_, id: number | undefined = 1) =>
    send('POST', JSON.stringify({ jsonrpc: '2.0', id, method, params }), headers);
  const initialize = async (version = '2025-06-18', headers: Headers_ = {}) => {
    const response = await rpc('initialize', initializeParams(version), headers);
    const session = response.headers.get('mcp-session-id') ?? '';
    await send('POST', '{"jsonrpc":"2.0","method":"notifications/initialized"}', {
      ...headers,
      'mcp-session-id': session,
    });
    return { ...headers, 'mcp-session-id': session };
  };
  return { ...test, transport, send, rpc, initialize };
}

const read = async (response: Response): Promise<Reply> => (await response.json()) as Reply;
const codeOf = async (response: Response) => (await read(response)).error?.data.code;
const call = (name: string, meta: object = {}) => ({ name, arguments: {}, _meta: meta });

/** Reads server-sent events one after the other. */
function events(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  const next = async (): Promise<{ id: string | undefined; data: string } | undefined> => {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end >= 0) {
        const lines = buffered.slice(0, end).split('\n');
        buffered = buffered.slice(end + 2);
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const data = field('data');
        if (data !== undefined) return { id: field('id'), data };
      } else {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) return undefined;
        buffered += chunk.value;
      }
    }
  };
  const rest = async () => {
    const all = [];
    for (let event = await next(); event !== undefined; event = await next()) all.push(event);
    return all;
  };
  return { next, rest, cancel: () => reader?.cancel() };
}

describe('a request', () => {
  it('is refused without a valid key, in every method [edge.authenticated]', async () => {
    const { send } = start();
    for (const method of ['POST', 'GET', 'DELETE']) {
      const response = await send(method, method === 'POST' ? '{}' : undefined, { authorization: 'Bearer bad' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await codeOf(response)).toBe('unauthenticated');
    }
  });

  it('is refused from pages and for host names that are not allowed', async () => {
    const { rpc } = start({ allowedHosts: ['mesh.example'] });
    const params = initializeParams('2025-06-18');
    expect((await rpc('initialize', params, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await rpc('initialize', params, { host: 'evil.example:8080' })).status).toBe(403);
    expect(
      (await rpc('initialize', params, { origin: 'https://allowed.example', host: 'mesh.example:80' })).status,
    ).toBe(200);
  });

  it.each([
    ['PUT', '{}', {}, 405, 'method_not_allowed'],
    ['POST', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['POST', '{}', { accept: 'text/html' }, 406, 'not_acceptable'],
    ['POST', '{}', { accept: 'application/json;q=0' }, 406, 'not_acceptable'],
    [
      'POST',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      { 'mcp-protocol-version': '1999-01-01' },
      400,
      'unsupported_protocol',
    ],
    ['POST', '{', {}, 400, 'malformed_message'],
    ['POST', '[]', {}, 400, 'invalid_message'],
    ['POST', ' '.repeat(2_000), {}, 413, 'too_large'],
    ['GET', undefined, { accept: 'application/json' }, 406, 'not_acceptable'],
    ['POST', '{"jsonrpc":"2.0","id":1,"method":"ping"}', {}, 400, 'invalid_request'],
    ['POST', '{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'mcp-session-id': 'x' }, 404, 'not_found'],
    ['GET', undefined, { 'mcp-session-id': 'x' }, 404, 'not_found'],
    ['DELETE', undefined, {}, 400, 'invalid_request'],
  ] as const)('%s %s %j is answered with %i %s', async (...row) => {
    const [method, body, headers, status, code] = row;
    const { send } = start({ maximumMessageBytes: 1_000 });
    const response = await send(method, body, headers);
    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
  });

  it('whose body is larger than announced is cut off at the limit', async () => {
    const { transport } = start({ maximumMessageBytes: 1_000 });
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(500).fill(0x20));
      },
    });
    const headers = { authorization: 'Bearer good', 'content-type': 'application/json' };
    const request = new Request('http://mesh.example/mcp', {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect((await transport.handle(request)).status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });

  it('is answered with JSON, by a one-event stream where only that is accepted, and by 202 where nothing is to say', async () => {
    const { initialize, rpc, send } = start();
    const session = await initialize();
    const plain = await rpc('tools/call', call('whoami'), session);
    expect(plain.headers.get('content-type')).toBe('application/json');
    expect((await read(plain)).result?.content).toEqual([{ type: 'text', text: 'good' }]);
    const streamed = await rpc('tools/call', call('whoami'), { ...session, accept: 'text/event-stream' });
    expect(streamed.headers.get('content-type')).toBe('text/event-stream');
    expect(await events(streamed).rest()).toHaveLength(1);
    const notified = await send('POST', '{"jsonrpc":"2.0","method":"notifications/x"}', session);
    expect([notified.status, await notified.text()]).toEqual([202, '']);
  });

  it('that is cancelled by another ends without a response', async () => {
    const { initialize, rpc, send, waiting, aborted } = start();
    const session = await initialize();
    const pending = rpc('tools/call', call('wait'), session, 5);
    await waiting(1);
    await send('POST', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}', session);
    expect((await pending).status).toBe(202);
    expect(aborted).toEqual([5]);
  });
});

describe('a session', () => {
  it('is started by initialize only, and not by one that fails', async () => {
    const { rpc, transport } = start();
    const failed = await rpc('initialize', {});
    expect(failed.headers.get('mcp-session-id')).toBeNull();
    expect((await read(failed)).error?.code).toBe(-32602);
    expect(transport.sessions).toBe(0);
    const started = await rpc('initialize', initializeParams('2025-11-25'), {
      'mcp-session-id': 'chosen-by-the-client',
    });
    expect(started.headers.get('mcp-session-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('cannot be used, listened to or ended with another key [edge.authenticated]', async () => {
    const { initialize, rpc, send, transport } = start();
    const session = await initialize();
    const stolen = { ...session, authorization: 'Bearer good-thief' };
    expect((await rpc('ping', {}, stolen)).status).toBe(404);
    expect((await send('GET', undefined, stolen)).status).toBe(404);
    expect((await send('DELETE', undefined, stolen)).status).toBe(404);
    expect(transport.sessions).toBe(1);
    expect((await rpc('ping', {}, session)).status).toBe(200);
  });

  it('ends by DELETE, for good', async () => {
    const { initialize, rpc, send, log } = start();
    const session = await initialize();
    const stream = events(await send('GET', undefined, session));
    expect((await send('DELETE', undefined, session)).status).toBe(204);
    expect(await stream.rest()).toEqual([]);
    expect((await rpc('ping', {}, session)).status).toBe(404);
    await expect.poll(() => log).toEqual(['opened raw', 'closed raw']);
  });

  it('answers what is pending when it ends, as an object and on a stream', async () => {
    const { initialize, rpc, send, waiting } = start();
    const session = await initialize();
    const pending = rpc('tools/call', call('wait'), session, 5);
    const streamed = events(await rpc('tools/call', call('wait', { progressToken: 1 }), session, 6));
    await waiting(2);
    await send('DELETE', undefined, session);
    expect(await codeOf(await pending)).toBe('unavailable');
    const [last] = await streamed.rest();
    expect(JSON.parse(last?.data ?? '')).toMatchObject({ id: 6, error: { data: { code: 'unavailable' } } });
  });

  it('ends when unused for long, but not while somebody listens', async () => {
    let now = 0;
    const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
    const { initialize, rpc, send } = start({ clock, idleSeconds: 60 });
    const [unused, used, listened] = [await initialize(), await initialize(), await initialize()];
    const stream = events(await send('GET', undefined, listened));
    now = 50_000;
    await rpc('ping', {}, used);
    now = 70_000;
    expect((await rpc('ping', {}, unused)).status).toBe(404);
    expect((await rpc('ping', {}, used)).status).toBe(200);
    expect((await rpc('ping', {}, listened)).status).toBe(200);
    now = 200_000;
    await stream.cancel();
    expect((await rpc('ping', {}, listened)).status).toBe(404);
  });

  it('makes room for a newer one of the same key, and never at the cost of another key', async () => {
    const { initialize, rpc } = start({ maximumSessionsPerOwner: 2, maximumSessions: 3 });
    const other = await initialize('2025-06-18', { authorization: 'Bearer good-other' });
    const [first, second] = [await initialize(), await initialize()];
    await rpc('ping', {}, first);
    await initialize();
    expect((await rpc('ping', {}, second)).status).toBe(404);
    expect((await rpc('ping', {}, first)).status).toBe(200);
    const refused = await rpc('initialize', initializeParams('2025-06-18'), { authorization: 'Bearer good-third' });
    expect(refused.status).toBe(503);
    expect((await rpc('ping', {}, other)).status).toBe(200);
  });
});

describe('event streams', () => {
  it('deliver what was said before anybody listened, and what is said after', async () => {
    const { initialize, send, endpoint } = start();
    const session = await initialize();
    const [opened] = endpoint.sessions;
    opened?.notify('notifications/one');
    const stream = events(await send('GET', undefined, session));
    opened?.notify('notifications/two');
    expect(JSON.parse((await stream.next())?.data ?? '')).toMatchObject({ method: 'notifications/one' });
    expect(JSON.parse((await stream.next())?.data ?? '')).toMatchObject({ method: 'notifications/two' });
  });

  it('resume after the last event that the client saw, without loss or repetition [mcp.resumes]', async () => {
    const { initialize, send, endpoint } = start();
    const session = await initialize();
    const [opened] = endpoint.sessions;
    const stream = events(await send('GET', undefined, session));
    for (const name of ['one', 'two', 'three']) opened?.notify(`notifications/${name}`);
    const seen = await stream.next();
    await stream.cancel();
    opened?.notify('notifications/four');
    const resumed = events(await send('GET', undefined, { ...session, 'last-event-id': seen?.id }));
    const methods = [];
    for (let count = 0; count < 3; count += 1) {
      methods.push((JSON.parse((await resumed.next())?.data ?? '') as { method: string }).method);
    }
    expect(methods).toEqual(['notifications/two', 'notifications/three', 'notifications/four']);
    expect((await send('GET', undefined, { ...session, 'last-event-id': 'not ours' })).status).toBe(400);
  });

  it('carry progress and the response of their own request only', async () => {
    const { initialize, rpc, send, endpoint } = start();
    const session = await initialize();
    const own = events(await send('GET', undefined, session));
    const response = await rpc('tools/call', call('count', { progressToken: 'p' }), session);
    endpoint.sessions.forEach((opened) => {
      opened.notify('notifications/other');
    });
    const messages = (await events(response).rest()).map(
      ({ data }) => JSON.parse(data) as { method?: string; id?: unknown },
    );
    expect(messages.map(({ method, id }) => method ?? id)).toEqual([
      'notifications/progress',
      'notifications/progress',
      'notifications/progress',
      1,
    ]);
    expect(JSON.parse((await own.next())?.data ?? '')).toMatchObject({ method: 'notifications/other' });
  });

  it('of a request that outlives its reader give the response to whoever resumes, before or after it', async () => {
    const { initialize, rpc, send, release, waiting } = start();
    const session = await initialize('2025-11-25');
    const first = events(await rpc('tools/call', call('wait', { progressToken: 1 }), session, 9));
    const primed = await first.next();
    expect(primed).toMatchObject({ data: '' });
    await waiting(1);
    await first.cancel();
    const before = events(await send('GET', undefined, { ...session, 'last-event-id': primed?.id }));
    release();
    const [answer] = await before.rest();
    expect(JSON.parse(answer?.data ?? '')).toMatchObject({ id: 9, result: {} });
    const after = await events(await send('GET', undefined, { ...session, 'last-event-id': primed?.id })).rest();
    expect(after).toEqual([answer]);
  });

  it('are not primed for clients of revisions that do not know of it', async () => {
    const { initialize, rpc } = start();
    const session = await initialize('2025-06-18');
    const stream = events(await rpc('tools/call', call('count', { progressToken: 1 }), session));
    expect((await stream.next())?.data).toContain('notifications/progress');
  });

  it('have one reader per session: a newer one takes over', async () => {
    const { initialize, send, endpoint } = start();
    const session = await initialize();
    const old = events(await send('GET', undefined, session));
    const current = events(await send('GET', undefined, session));
    endpoint.sessions.forEach((opened) => {
      opened.notify('notifications/once');
    });
    expect(await old.rest()).toEqual([]);
    expect((await current.next())?.data).toContain('notifications/once');
  });

  it('cut off a reader that does not read, without losing the session', async () => {
    const { initialize, rpc, send, endpoint } = start();
    const session = await initialize();
    const response = await send('GET', undefined, session);
    const params = { padding: 'x'.repeat(1_000_000) };
    for (let count = 0; count < 12; count += 1) {
      endpoint.sessions.forEach((opened) => {
        opened.notify('notifications/big', params);
      });
    }
    await expect(response.text()).rejects.toThrow(/does not read/);
    expect((await rpc('ping', {}, session)).status).toBe(200);
  });
});

describe('drain', () => {
  it('lets pending requests finish, then ends every session and refuses new requests', async () => {
    const { initialize, rpc, send, waiting, release, transport } = start();
    const session = await initialize();
    const stream = events(await send('GET', undefined, session));
    const pending = rpc('tools/call', call('wait'), session);
    await waiting(1);
    const drained = transport.drain();
    expect((await rpc('ping', {}, session)).status).toBe(503);
    release();
    expect((await read(await pending)).result?.content).toEqual([{ type: 'text', text: 'released' }]);
    await drained;
    expect(await stream.rest()).toEqual([]);
    expect(transport.sessions).toBe(0);
  });

  it('writes the response of a streamed request before its stream ends', async () => {
    const { initialize, rpc, waiting, release, transport } = start();
    const session = await initialize();
    const stream = events(await rpc('tools/call', call('wait', { progressToken: 1 }), session, 3));
    await waiting(1);
    const drained = transport.drain();
    release();
    expect((await stream.rest()).map(({ data }) => JSON.parse(data) as Reply)).toMatchObject([{ id: 3, result: {} }]);
    await drained;
  });
});
