import { createClient } from '@devmesh/api';
import { silentTelemetry } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import { fakeClock } from '@devmesh/testkit';
import { describe, expect, it } from 'vitest';
import type { EdgePrincipal } from '../principal.ts';
import { createRegistry } from './registry.ts';

interface Asked {
  readonly path: string;
  readonly body: {
    readonly sessions?: { clientName: string }[];
    readonly sessionIds?: string[];
    readonly latencies?: unknown;
  };
}

const idOf = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** A registry over a platform that hears everything, is down when it is told to, and remembers what the test says. */
function openRegistry() {
  const clock = fakeClock();
  const asked: Asked[] = [];
  const platform = { down: false, revoked: [] as string[], unknown: [] as string[], refused: false };
  let ids = 0;
  const client = createClient({
    baseUrl: 'http://platform.test',
    fetch: async (request) => {
      if (platform.down) throw new Error('nothing listens');
      if (platform.refused) return Response.json({ code: 'unauthenticated', detail: 'revoked' }, { status: 401 });
      const path = new URL(request.url).pathname.replace('/api/v1/sessions', '');
      const body = (await request.json()) as Asked['body'];
      asked.push({ path, body });
      if (path === '/close') return new Response(null, { status: 204 });
      if (path === '/refresh') return Response.json({ revoked: platform.revoked, unknown: platform.unknown });
      return Response.json({ sessionIds: (body.sessions ?? []).map(() => idOf((ids += 1))) }, { status: 201 });
    },
  });
  const registry = createRegistry({ clock, log: silentTelemetry.log, gateway: 'test' });
  const closed: string[] = [];
  const lapsed = new Set<string>();
  const session = (name: string, keyId = 'key'): Session<EdgePrincipal> => {
    const made = {
      principal: { client, identity: { keyId }, credential: { lapsed: () => lapsed.has(name) } },
      clientInfo: { name, version: '1' },
      protocolVersion: '2025-11-25',
      transport: 'websocket',
      close: () => {
        closed.push(name);
        registry.left(made);
      },
    } as unknown as Session<EdgePrincipal>;
    return made;
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  };
  const pass = async (seconds: number): Promise<void> => {
    await clock.advance(seconds * 1_000);
    await settle();
  };
  return { registry, session, asked, platform, closed, lapsed, settle, pass, clock };
}

describe('the registry of sessions', () => {
  it('tells of a thousand sessions of a key in ten requests, and refreshes them every 30 seconds in as many', async () => {
    const { registry, session, asked, settle, pass, clock } = openRegistry();
    const sessions = Array.from({ length: 1_000 }, (_each, n) => session(`client ${String(n)}`));
    for (const each of sessions) registry.joined(each);
    await settle();
    expect(asked.map(({ path }) => path)).toEqual(Array.from({ length: 10 }, () => ''));
    expect(new Set(asked.flatMap(({ body }) => body.sessions?.map(({ clientName }) => clientName))).size).toBe(1_000);
    await pass(29);
    expect(asked).toHaveLength(10);
    await pass(2);
    expect(asked.slice(10).map(({ path }) => path)).toEqual(Array.from({ length: 10 }, () => '/refresh'));
    for (const each of sessions) registry.left(each);
    await settle();
    expect(new Set(asked.slice(20).flatMap(({ body }) => body.sessionIds)).size).toBe(1_000);
    expect(asked).toHaveLength(30);
    expect(clock.sleepers()).toBe(0);
  });

  it('tells the latest round trip of each with its refresh', async () => {
    const { registry, session, asked, settle, pass } = openRegistry();
    const [measured, other] = [session('a'), session('b')];
    Object.assign(measured, { latencyMilliseconds: 7 });
    for (const each of [measured, other]) registry.joined(each);
    await settle();
    await pass(31);
    expect(asked.at(-1)?.body.latencies).toEqual([7, null]);
  });

  it('ends a session that a refresh says was revoked, and no other', async () => {
    const { registry, session, platform, closed, settle, pass } = openRegistry();
    for (const name of ['one', 'two']) registry.joined(session(name));
    await settle();
    platform.revoked = [idOf(2)];
    await pass(31);
    expect(closed).toEqual(['two']);
  });

  it('ends a session that the feed says was revoked, at once, and only under its own key', async () => {
    const { registry, session, closed, settle } = openRegistry();
    registry.joined(session('one'));
    await settle();
    registry.revoked('another key', idOf(1));
    registry.revoked('key', idOf(7));
    expect(closed).toEqual([]);
    registry.revoked('key', idOf(1));
    expect(closed).toEqual(['one']);
  });

  it('goes on while the platform is down, and tells of every session when it is back [edge.sessions-away]', async () => {
    const { registry, session, asked, platform, closed, pass } = openRegistry();
    platform.down = true;
    registry.joined(session('early'));
    await pass(10);
    registry.joined(session('late'));
    await pass(50);
    expect(closed).toEqual([]);
    platform.down = false;
    await pass(31);
    const told = () => asked.flatMap(({ body }) => body.sessions?.map(({ clientName }) => clientName) ?? []).toSorted();
    expect(told()).toEqual(['early', 'late']);
    // The platform lost them, as a Redis that was emptied does.
    platform.unknown = [idOf(1), idOf(2)];
    await pass(31);
    expect(told()).toEqual(['early', 'early', 'late', 'late']);
    expect(closed).toEqual([]);
  });

  it('asks a platform that is down no more often for many sessions than for one', async () => {
    const { registry, session, platform, settle, pass, clock } = openRegistry();
    platform.down = true;
    for (let n = 0; n < 50; n += 1) {
      registry.joined(session(String(n)));
      await settle();
    }
    expect(clock.sleepers()).toBe(1);
    await pass(31);
    expect(clock.sleepers()).toBe(1);
  });

  it('ends every session of a key that the platform refuses', async () => {
    const { registry, session, platform, closed, settle, pass, clock } = openRegistry();
    for (const name of ['one', 'two']) registry.joined(session(name));
    registry.joined(session('other', 'other key'));
    await settle();
    platform.refused = true;
    await pass(31);
    expect(closed.toSorted()).toEqual(['one', 'other', 'two']);
    expect(clock.sleepers()).toBe(0);
  });

  it('ends no session whose access token has lapsed by itself, but one that is refused before', async () => {
    const { registry, session, platform, closed, lapsed, settle, pass } = openRegistry();
    registry.joined(session('waiting'));
    await settle();
    lapsed.add('waiting');
    platform.refused = true;
    await pass(31);
    expect(closed).toEqual([]);
    lapsed.clear();
    await pass(31);
    expect(closed).toEqual(['waiting']);
  });

  it('takes back the entry of a session that ended while it was told of', async () => {
    const { registry, session, asked, settle } = openRegistry();
    const [staying, going] = [session('staying'), session('going')];
    registry.joined(staying);
    registry.joined(going);
    await Promise.resolve();
    await Promise.resolve();
    registry.left(going);
    await settle();
    const opened = asked.flatMap(({ body }) => body.sessions?.map(({ clientName }) => clientName) ?? []);
    const ended = asked.filter(({ path }) => path === '/close').flatMap(({ body }) => body.sessionIds ?? []);
    expect(ended).toHaveLength(opened.includes('going') ? 1 : 0);
  });

  it('says of clients nothing that could not be stored', async () => {
    const { registry, session, asked, settle } = openRegistry();
    registry.joined(session(`a\u0000b\ud800${'é'.repeat(500)}`));
    await settle();
    const [name] = asked.flatMap(({ body }) => body.sessions?.map(({ clientName }) => clientName) ?? []);
    expect(name).toMatch(/^a\?b\?é+$/u);
    expect(name?.length).toBe(200);
  });
});
