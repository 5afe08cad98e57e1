import { MeshError } from '@devmesh/foundation';
import { describe, expect, it, vi } from 'vitest';
import { layCable } from '../testing/cable.ts';
import { serve, type TestServer } from '../testing/serve.ts';
import { backoffMilliseconds } from './backoff.ts';
import { afterClose } from './close-reasons.ts';
import type { McpConnection } from './connect.ts';
import { stayConnected, type ConnectionChange } from './stay-connected.ts';

interface Staying extends AsyncDisposable, McpConnection {
  readonly changes: ConnectionChange[];
  readonly told: number[];
  readonly kinds: () => readonly string[];
}

async function stay(url: string, options: { readonly binary?: boolean; readonly key?: string } = {}): Promise<Staying> {
  const changes: ConnectionChange[] = [];
  const told: number[] = [];
  const connection = await stayConnected({
    url,
    key: options.key ?? 'good',
    binary: options.binary,
    name: 'stayer',
    version: '1',
    backoff: { firstMilliseconds: 5, longestMilliseconds: 20 },
    onChange: (change) => changes.push(change),
    prepare: (client) => {
      client.fallbackNotificationHandler = async ({ params }) => {
        told.push(Number(params?.['at']));
      };
    },
  });
  return {
    ...connection,
    changes,
    told,
    kinds: () => changes.map(({ kind }) => kind),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

const call = (connection: McpConnection, name: string) => connection.client.callTool({ name, arguments: {} });
const tellAll = (server: TestServer, at: number): void => {
  for (const session of server.endpoint.sessions) session.notify('notifications/test', { at });
};

describe('a client that stays connected', () => {
  it.each([false, true])(
    'is answered and told everything once although its connection is cut again and again, binary: %s [mcp.reconnects]',
    { timeout: 20_000 },
    async (binary) => {
      await using server = await serve();
      await using cable = await layCable(server);
      await using staying = await stay(cable.url, { binary });
      await call(staying, 'whoami');
      const waiting = call(staying, 'wait');
      await server.waiting(1);
      const calls: Promise<unknown>[] = [];
      for (let at = 1; at <= 30; at += 1) {
        tellAll(server, at);
        calls.push(staying.client.callTool({ name: 'add', arguments: { a: at, b: 'x'.repeat(3_000) } }));
        // Not more than a session may have in progress, and now and then a cut in the middle of them.
        if (at % 3 !== 0) continue;
        cable.cut();
        await Promise.all(calls);
        await vi.waitUntil(() => staying.kinds().filter((kind) => kind === 'resumed').length >= at / 3, {
          interval: 1,
        });
      }
      server.release();
      expect(await waiting).toMatchObject({ content: [{ text: 'released' }] });
      await Promise.all(calls);
      await expect.poll(() => staying.told).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
      expect(new Set(staying.kinds())).toEqual(new Set(['interrupted', 'resumed']));
      expect(server.log).toEqual(['opened stayer']);
    },
  );

  it('waits while the server cannot be reached, and goes on when it can', async () => {
    await using server = await serve();
    await using cable = await layCable(server);
    await using staying = await stay(cable.url);
    await call(staying, 'whoami');
    cable.open = false;
    cable.cut();
    await expect.poll(() => staying.kinds()).toEqual(['interrupted']);
    const answer = call(staying, 'whoami');
    tellAll(server, 1);
    cable.open = true;
    expect(await answer).toMatchObject({ content: [{ text: 'good' }] });
    await expect.poll(() => staying.told).toEqual([1]);
    expect(staying.kinds()).toEqual(['interrupted', 'resumed']);
  });

  it('begins anew at a server that does not keep its session, and says that calls were lost [mcp.reconnects]', async () => {
    await using server = await serve();
    await using other = await serve();
    await using cable = await layCable(server);
    await using staying = await stay(cable.url);
    await call(staying, 'whoami');
    const waiting = call(staying, 'wait').catch((error: unknown) => error);
    await server.waiting(1);
    cable.lead(other);
    cable.cut();
    await expect.poll(() => staying.kinds()).toEqual(['interrupted', 'lost', 'renewed']);
    expect(staying.changes[1]).toMatchObject({ reason: { code: 'session_gone' } });
    expect(await waiting).toBeInstanceOf(Error);
    expect(await call(staying, 'whoami')).toMatchObject({ content: [{ text: 'good' }] });
    expect(other.log).toEqual(['opened stayer']);
  });

  it('leaves a server that drains at once for another, after its calls were answered [mcp.reconnects]', async () => {
    await using server = await serve();
    await using other = await serve();
    await using cable = await layCable(server);
    await using staying = await stay(cable.url);
    const waiting = call(staying, 'wait');
    await server.waiting(1);
    cable.lead(other);
    const drained = server.webSocket.drain();
    server.release();
    await drained;
    expect(await waiting).toMatchObject({ content: [{ text: 'released' }] });
    await expect.poll(() => staying.kinds()).toEqual(['lost', 'renewed']);
    expect(await call(staying, 'whoami')).toMatchObject({ content: [{ text: 'good' }] });
  });

  it('does not come back when the server ended its session, or takes its key no more', async () => {
    let taken = true;
    await using server = await serve();
    await using staying = await stay(server.webSocketUrl);
    await call(staying, 'whoami');
    for (const session of server.endpoint.sessions) session.close('The session was revoked.');
    await expect.poll(() => staying.kinds()).toEqual(['ended']);
    expect(staying.changes[0]).toMatchObject({ reason: { message: expect.stringContaining('revoked') as string } });
    const authenticate = async () => {
      if (!taken) throw new MeshError('unauthenticated', 'No.');
      return { key: 'good' };
    };
    await using strict = await serve({ webSocket: { authenticate } });
    await using cable = await layCable(strict);
    await using second = await stay(cable.url);
    await call(second, 'whoami');
    taken = false;
    cable.cut();
    await expect.poll(() => second.kinds()).toEqual(['interrupted', 'ended']);
    expect(second.changes[1]).toMatchObject({ reason: { code: 'unauthenticated' } });
    await expect(stay(server.webSocketUrl, { key: 'bad' })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('ends its session when it is closed', async () => {
    await using server = await serve();
    const staying = await stay(server.webSocketUrl);
    await call(staying, 'whoami');
    await staying.close();
    await expect.poll(() => server.log).toEqual(['opened stayer', 'closed stayer']);
    expect(staying.kinds()).toEqual([]);
  });
});

describe('the wait before the next try', () => {
  it('doubles up to the longest, and varies from half of it to the whole', () => {
    const wait = (tried: number, random: number) =>
      backoffMilliseconds(tried, { firstMilliseconds: 100, longestMilliseconds: 1_000, random: () => random });
    expect([0, 1, 2, 3, 4, 1_000].map((tried) => wait(tried, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect([0, 1, 4].map((tried) => wait(tried, 0))).toEqual([50, 100, 500]);
  });
});

describe('a close code', () => {
  it.each([
    [1006, 'resume'],
    [1011, 'resume'],
    [1013, 'resume'],
    [1012, 'renew'],
    [1000, 'end'],
    [1008, 'end'],
    [1009, 'end'],
  ])('%i means: %s', (code, next) => {
    expect(afterClose(code)).toBe(next);
  });
});
