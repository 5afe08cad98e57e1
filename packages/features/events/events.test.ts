import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventRoutes } from './routes.ts';
import { createEvents, type Events } from './service.ts';
import { createWaiters } from './waiters.ts';

type Times = Partial<Pick<Parameters<typeof eventRoutes>[0], 'streamMilliseconds' | 'beatMilliseconds'>>;

async function* framesOf({ body }: Response): AsyncGenerator<string, void, undefined> {
  let text = '';
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    const frames = (text + chunk).split('\n\n');
    text = frames.pop()!;
    yield* frames;
  }
}

describe('event feed', () => {
  let database: Database;
  let events: Events;
  beforeAll(async () => {
    database = await openTestDatabase();
    events = createEvents({ database, telemetry: silentTelemetry });
  });
  afterAll(async () => {
    await events.close();
    await database.close();
  });

  const publish = (tenantId: string, summary: string, agentId?: string) =>
    database.tenant(tenantId, (tx) => events.publish(tx, { type: 'task.created', subjectId: 's', summary, agentId }));

  const take = async (tenantId: string, count: number, options: { after: string; agentId?: string }) => {
    const stop = new AbortController();
    const seen = [];
    for await (const event of events.follow(tenantId, { ...options, signal: stop.signal })) {
      seen.push(event);
      if (seen.length === count) break;
    }
    stop.abort();
    return seen;
  };

  it('yields what was committed after the cursor, then what comes', async () => {
    const tenantId = await newTenant(database);
    await publish(tenantId, 'before');
    const [before] = await take(tenantId, 1, { after: '0-0' });
    await publish(tenantId, 'one');
    const following = take(tenantId, 2, { after: before!.cursor });
    await publish(tenantId, 'two');
    expect((await following).map((event) => event.summary)).toEqual(['one', 'two']);
  });

  it('misses nothing that commits after its head was asked for', async () => {
    const tenantId = await newTenant(database);
    const after = await events.head(tenantId);
    await publish(tenantId, 'later');
    expect((await take(tenantId, 1, { after })).map((event) => event.summary)).toEqual(['later']);
  });

  it('resumes after any cursor without a gap or a repeat [events.ordered]', async () => {
    const tenantId = await newTenant(database);
    for (const summary of ['a', 'b', 'c', 'd']) await publish(tenantId, summary);
    const [first] = await take(tenantId, 1, { after: '0-0' });
    const rest = await take(tenantId, 3, { after: first!.cursor });
    expect([first!, ...rest].map((event) => event.summary)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the order of numbers, not of their digits, when positions grow longer', async () => {
    const tenantId = await newTenant(database);
    const expected = Array.from({ length: 120 }, (_value, index) => String(index));
    await database.tenant(tenantId, async (tx) => {
      for (const summary of expected) await events.publish(tx, { type: 'task.created', subjectId: 's', summary });
    });
    const followed = await take(tenantId, 120, { after: '0-0' });
    expect(followed.map((event) => event.summary)).toEqual(expected);
    const { items, head } = await events.list(tenantId, { limit: 120 });
    expect(items.map((event) => event.summary)).toEqual(expected.toReversed());
    expect(followed.map((event) => event.cursor)).toContain(head);
    expect(head).toBe(followed.at(-1)!.cursor);
  });

  it('publishes nothing when the transaction rolls back', async () => {
    const tenantId = await newTenant(database);
    const failing = database.tenant(tenantId, async (tx) => {
      await events.publish(tx, { type: 'task.created', subjectId: 's', summary: 'never' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect((await events.list(tenantId, { limit: 10 })).items).toEqual([]);
  });

  it('leaves out what is meant for another agent', async () => {
    const tenantId = await newTenant(database);
    const [agentId, otherId] = [newId(), newId()];
    await publish(tenantId, 'for the other', otherId);
    await publish(tenantId, 'for it', agentId);
    await publish(tenantId, 'for all');
    const seen = await take(tenantId, 2, { after: '0-0', agentId });
    expect(seen.map((event) => event.summary)).toEqual(['for it', 'for all']);
  });

  /** Asks for the feed as a client does: its frames, as they come. */
  const stream = async (tenantId: string, query: { without?: string[] }, times: Times) => {
    const { handle } = eventRoutes({ events, ...times }).find(
      ({ operation }) => operation.id === 'system.streamEvents',
    )!;
    const request = new Request('http://mesh.test');
    const call = { principal: { tenantId }, query, request, signal: request.signal };
    return framesOf((await handle(call as never)) as Response);
  };

  it('tells each event of a stream with the place to go on from', async () => {
    const tenantId = await newTenant(database);
    const frames = await stream(tenantId, {}, {});
    await publish(tenantId, 'told');
    expect((await frames.next()).value).toBe('id: 0-0\nevent: connected\ndata: {}');
    expect((await frames.next()).value).toMatch(/^id: \d+-\d+\nevent: task\.created\ndata: .*"told"/u);
    await frames.return();
  });

  it('ends each stream after a while, so that a revoked key does not listen for ever', async () => {
    const tenantId = await newTenant(database);
    const seen: string[] = [];
    for await (const frame of await stream(tenantId, {}, { streamMilliseconds: 50 })) seen.push(frame);
    expect(seen).toEqual([expect.stringContaining('event: connected')]);
  });

  describe('without some types', () => {
    const call = (tenantId: string) =>
      database.tenant(tenantId, (tx) => events.publish(tx, { type: 'tool.called', subjectId: 't', summary: 'called' }));

    it('tells the others alone, in order, and how far it has come', async () => {
      const tenantId = await newTenant(database);
      for (const summary of ['a', 'b']) {
        for (let calls = 0; calls < 120; calls += 1) await call(tenantId);
        await publish(tenantId, summary);
      }
      await call(tenantId);
      const stop = new AbortController();
      const heard: string[] = [];
      let passed = '0-0';
      const onPassed = (cursor: string): void => {
        passed = cursor;
      };
      const following = (async () => {
        const options = { after: '0-0', without: ['tool.called'] as const, onPassed, signal: stop.signal };
        for await (const { summary } of events.follow(tenantId, options)) heard.push(summary);
      })();
      // The head may still be behind it: an older transaction, even of another database, is open.
      const { items } = await events.list(tenantId, { limit: 1 });
      await expect.poll(() => passed).toBe(items[0]!.cursor);
      expect(heard).toEqual(['a', 'b']);
      await publish(tenantId, 'c');
      await expect.poll(() => heard).toEqual(['a', 'b', 'c']);
      stop.abort();
      await following;
    });

    it('gives a client the place to go on from where nothing is told to it', async () => {
      const tenantId = await newTenant(database);
      const frames = await stream(tenantId, { without: ['tool.called'] }, { beatMilliseconds: 50 });
      await call(tenantId);
      const { items } = await events.list(tenantId, { limit: 1 });
      const seen: string[] = [];
      for await (const frame of frames) {
        if (!frame.startsWith(': ')) seen.push(frame);
        if (seen.length === 2) break;
      }
      expect(seen[0]).toContain('event: connected');
      expect(seen[1]).toBe(`id: ${items[0]!.cursor}\nevent: passed\ndata: {}`);
    });

    it('are not woken by what they are not told', async () => {
      const waiters = createWaiters();
      const without = new Set(['tool.called']);
      const woken = (types?: readonly string[]) => {
        const stop = new AbortController();
        const { over } = waiters.wait('t', { milliseconds: 60_000, signal: stop.signal, without });
        waiters.wake('t', types);
        stop.abort();
        return over;
      };
      expect(await woken(['tool.called'])).toBe(false);
      expect(await woken(['tool.called', 'task.created'])).toBe(true);
      expect(await woken()).toBe(true);
    });
  });

  it('shows no organization the feed of another', async () => {
    const one = await newTenant(database);
    const other = await newTenant(database);
    await publish(other, 'secret');
    expect((await events.list(one, { limit: 10 })).items).toEqual([]);
  });

  it('pages newest first through everything once', async () => {
    const tenantId = await newTenant(database);
    for (const summary of ['a', 'b', 'c']) await publish(tenantId, summary);
    const first = await events.list(tenantId, { limit: 2 });
    const second = await events.list(tenantId, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map((event) => event.summary)).toEqual(['c', 'b', 'a']);
    expect(second.nextCursor).toBeUndefined();
  });

  it('lists with a head that misses nothing of what comes', async () => {
    const tenantId = await newTenant(database);
    await publish(tenantId, 'listed');
    const { head } = await events.list(tenantId, { limit: 10 });
    await publish(tenantId, 'later');
    const stop = new AbortController();
    const heard: string[] = [];
    for await (const { summary } of events.follow(tenantId, { after: head, signal: stop.signal })) {
      heard.push(summary);
      if (summary === 'later') break;
    }
    expect(heard.at(-1)).toBe('later');
  });

  it('refuses a cursor that it did not give', async () => {
    const tenantId = await newTenant(database);
    await expect(events.list(tenantId, { limit: 2, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(take(tenantId, 1, { after: "0'-1" })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
