import { createClient, type MeshEvent } from '@devmesh/api';
import { describe, expect, it } from 'vitest';
import { createFeed } from './feed.ts';

const event = (cursor: string): MeshEvent => ({
  cursor,
  type: 'task.created',
  subjectId: 's',
  summary: `event ${cursor}`,
  data: {},
  at: new Date().toISOString(),
});
const frames = (...cursors: string[]) =>
  new Response(
    [
      'id: 0\nevent: connected\ndata: {}\n\n',
      ...cursors.map((cursor) => `id: ${cursor}\ndata: ${JSON.stringify(event(cursor))}\n\n`),
    ].join(''),
    { headers: { 'content-type': 'text/event-stream' } },
  );
const problem = (code: string, status: number) =>
  Response.json({ code, detail: code }, { status, headers: { 'content-type': 'application/problem+json' } });

/** A feed over a platform that gives one prepared answer after the other to each attempt to follow. */
function feedOver(history: readonly string[], answers: readonly (() => Response)[]) {
  const asked: (string | null)[] = [];
  const stop = new AbortController();
  const waits: number[] = [];
  const opened: string[] = [];
  const client = createClient({
    baseUrl: 'http://platform.test',
    fetch: (request) => {
      const url = new URL(request.url);
      if (url.pathname.endsWith('/recent'))
        return Promise.resolve(Response.json({ items: history.map(event), head: history[0] ?? '0' }));
      asked.push(url.searchParams.get('after'));
      const answer = answers[asked.length - 1];
      if (answer !== undefined) return Promise.resolve(answer());
      stop.abort();
      return Promise.reject(new Error('stopped'));
    },
  });
  const seen: string[] = [];
  const feed = createFeed({
    client,
    onEvents: (events) => seen.push(...events.map(({ cursor }) => cursor)),
    onOpen: () => opened.push('open'),
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { feed, run: () => feed.run(stop.signal), asked, seen, waits, opened };
}

describe('live feed', () => {
  it('shows what happened before and follows after it', async () => {
    const { feed, run, asked, seen } = feedOver(['2', '1'], [() => frames('3')]);
    await run();
    expect(asked[0]).toBe('2');
    expect(seen).toEqual(['3']);
    expect(feed.snapshot().events.map(({ cursor }) => cursor)).toEqual(['3', '2', '1']);
  });

  it('resumes after the last event that it saw, without a gap or a repeat', async () => {
    const { feed, run, asked, opened } = feedOver(['1'], [() => frames('2', '3'), () => frames('4'), () => frames()]);
    await run();
    expect(asked).toEqual(['1', '3', '4', '4']);
    expect(feed.snapshot().events.map(({ cursor }) => cursor)).toEqual(['4', '3', '2', '1']);
    expect(opened).toHaveLength(3);
  });

  it('waits longer while the platform is away, and shortly again once it was there', async () => {
    const away = () => problem('unavailable', 503);
    const { run, waits } = feedOver([], [away, away, away, away, () => frames('1')]);
    await run();
    expect(waits[3]).toBeGreaterThan(waits[0]!);
    expect(waits[4]).toBeLessThanOrEqual(1000);
  });

  it.each(['unauthenticated', 'forbidden'])('stops when it is refused with %s', async (code) => {
    const { feed, run, asked } = feedOver([], [() => problem(code, 401), () => frames('1')]);
    await run();
    expect(asked).toHaveLength(1);
    expect(feed.snapshot()).toMatchObject({ connection: 'refused', failure: { code } });
  });

  it('tells subscribers about every change until they leave', async () => {
    const { feed, run } = feedOver([], [() => frames('1')]);
    const connections: string[] = [];
    const leave = feed.subscribe(() => connections.push(feed.snapshot().connection));
    await run();
    leave();
    expect(connections).toEqual(expect.arrayContaining(['connecting', 'live', 'waiting']));
  });
});
