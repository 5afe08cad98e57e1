import { randomUUID } from 'node:crypto';
import { silentTelemetry, type FinishedSpan, type Service, type Telemetry } from '@devmesh/foundation';
import { openTestDatabase } from '@devmesh/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabaseBell } from '../bell/database.ts';
import type { Database } from '../database/port.ts';
import { createConsumer, type ConsumerOptions } from './consumer.ts';
import { openDatabaseStream } from './database.ts';
import type { Delivery, Reader, Stream } from './port.ts';

const { log } = silentTelemetry;

describe('a consumer', () => {
  let database: Database;
  let stream: Stream;
  let reader: Reader;
  let services: Service[];
  beforeAll(async () => {
    database = await openTestDatabase();
    stream = openDatabaseStream({ database, bell: openDatabaseBell({ database, log }), log });
  });
  afterAll(async () => {
    await stream.close();
    await database.close();
  });
  beforeEach(() => {
    reader = { topic: `test-${randomUUID().slice(0, 13)}`, group: 'group', consumer: 'consumer' };
    services = [];
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop()));
  });

  const append = (...subjects: string[]): Promise<void> =>
    stream.append(
      reader.topic,
      subjects.map((subjectId) => ({ tenantId: randomUUID(), kind: 'test', subjectId })),
    );
  const start = async (options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handler'>): Promise<Service> => {
    const service = createConsumer({ stream, reader, onPoison: refusePoison, telemetry: silentTelemetry, ...options });
    services.push(service);
    await service.start();
    return service;
  };
  const settled = async (): Promise<void> => {
    await expect
      .poll(() => stream.backlog(reader.topic, reader.group), { timeout: 10_000 })
      .toEqual({ waiting: 0, held: 0 });
  };

  test('works on every entry once and acknowledges it', async () => {
    const seen: string[] = [];
    await start({
      handler: (delivery) => {
        seen.push(delivery.subjectId);
        return Promise.resolve();
      },
    });
    const subjects = Array.from({ length: 30 }, (_each, at) => `s${String(at)}`);
    await append(...subjects.slice(0, 15));
    await append(...subjects.slice(15));
    await settled();
    expect(seen.toSorted()).toEqual(subjects.toSorted());
  });

  test('never works on more entries at once than allowed, and on that many where there are enough', async () => {
    let now = 0;
    let most = 0;
    const gate = createGate();
    await append(...Array.from({ length: 12 }, (_each, at) => `s${String(at)}`));
    await start({
      concurrency: 3,
      handler: async () => {
        now += 1;
        most = Math.max(most, now);
        if (now === 3) gate.open();
        await gate.opened;
        await new Promise(setImmediate);
        now -= 1;
      },
    });
    await settled();
    expect(most).toBe(3);
  });

  test('gives a failed entry again until it succeeds, and others do not wait for it', async () => {
    const tries: number[] = [];
    const others: string[] = [];
    await append('fails', 'works');
    await start({
      concurrency: 1,
      idleMilliseconds: 40,
      handler: (delivery) => {
        if (delivery.subjectId !== 'fails') {
          others.push(delivery.subjectId);
          return Promise.resolve();
        }
        tries.push(delivery.deliveries);
        return tries.length < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      },
    });
    await settled();
    expect(tries).toEqual([1, 2, 3]);
    expect(others).toEqual(['works']);
  });

  test('puts an entry aside that failed too often, without trying it again, and keeps it while that fails [stream.poison]', async () => {
    let tries = 0;
    const poison: Delivery[] = [];
    await append('poison');
    await start({
      idleMilliseconds: 20,
      maximumIdleMilliseconds: 40,
      maxDeliveries: 2,
      handler: () => {
        tries += 1;
        return Promise.reject(new Error('broken for good'));
      },
      onPoison: (delivery) => {
        poison.push(delivery);
        return poison.length === 1 ? Promise.reject(new Error('the dead letters are closed')) : Promise.resolve();
      },
    });
    await settled();
    expect(tries).toBe(2);
    expect(poison).toMatchObject([{ subjectId: 'poison', deliveries: 3 }, { deliveries: 4 }]);
  });

  test('keeps an entry to itself for as long as its handler works, however long that is', async () => {
    const seen: string[] = [];
    const gate = createGate();
    const options = { idleMilliseconds: 300, concurrency: 1 };
    await append('long');
    await start({
      ...options,
      handler: async () => {
        seen.push('first');
        await gate.opened;
      },
    });
    await expect.poll(() => seen).toEqual(['first']);
    await append('abandoned');
    await stream.read({ ...reader, consumer: 'gone' }, { count: 1, waitMilliseconds: 0 });
    await start({
      ...options,
      reader: { ...reader, consumer: 'second' },
      handler: (delivery) => {
        seen.push(delivery.subjectId);
        return Promise.resolve();
      },
    });
    // The long one was delivered before this: were it not held, it would have been taken over first.
    await expect.poll(() => seen, { timeout: 10_000 }).toContain('abandoned');
    expect(seen).toEqual(['first', 'abandoned']);
    gate.open();
    await settled();
  });

  test('stops reading on stop, finishes what it holds, and leaves the rest to others', async () => {
    const gate = createGate();
    const [begun, ended]: [string[], string[]] = [[], []];
    await append('a', 'b', 'c', 'd');
    const service = await start({
      concurrency: 2,
      handler: async (delivery) => {
        begun.push(delivery.subjectId);
        await gate.opened;
        ended.push(delivery.subjectId);
      },
    });
    await expect.poll(() => begun).toEqual(['a', 'b']);
    const stopped = service.stop();
    expect(ended).toEqual([]);
    gate.open();
    await stopped;
    await service.stop();
    expect(ended).toEqual(['a', 'b']);
    expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 2, held: 0 });
    expect(await service.ready()).toMatchObject({ ready: false });
  });

  test('tells handlers that do not end to give up, and their entry stays', async () => {
    await append('endless');
    let working = false;
    const service = await start({
      graceMilliseconds: 10,
      handler: (_delivery, signal) =>
        new Promise((_resolve, reject) => {
          working = true;
          signal.addEventListener('abort', () => {
            reject(new Error('gave up'));
          });
        }),
    });
    await expect.poll(() => working).toBe(true);
    await service.stop();
    expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 0, held: 1 });
  });

  test('survives a stream that fails, says so, and goes on when it answers again', async () => {
    let broken = true;
    const seen: string[] = [];
    const failing: Stream = {
      ...stream,
      claim: (...given) => (broken ? Promise.reject(new Error('the stream is down')) : stream.claim(...given)),
      read: (...given) => (broken ? Promise.reject(new Error('the stream is down')) : stream.read(...given)),
    };
    await append('a');
    const service = await start({
      stream: failing,
      handler: (delivery) => {
        seen.push(delivery.subjectId);
        return Promise.resolve();
      },
    });
    await expect.poll(() => service.ready()).toEqual({ ready: false, reason: 'the stream does not answer' });
    broken = false;
    await expect.poll(() => service.ready(), { timeout: 10_000 }).toEqual({ ready: true });
    await settled();
    expect(seen).toEqual(['a']);
  });

  test('works inside a span of the trace that caused the entry, and counts what came of it', async () => {
    const parents: unknown[] = [];
    const counts: Record<string, number> = {};
    const telemetry: Telemetry = {
      ...silentTelemetry,
      tracer: {
        ...silentTelemetry.tracer,
        recent: (): readonly FinishedSpan[] => [],
        span: (name, { parent }, work) => {
          parents.push([name, parent]);
          return work();
        },
      },
      metrics: {
        ...silentTelemetry.metrics,
        count: (name, labels) => {
          const key = `${name} ${labels?.['outcome'] ?? ''}`;
          counts[key] = (counts[key] ?? 0) + 1;
        },
      },
    };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await stream.append(reader.topic, [{ tenantId: randomUUID(), kind: 'test', subjectId: 'a', traceparent }]);
    await start({
      telemetry,
      idleMilliseconds: 20,
      maxDeliveries: 1,
      handler: () => Promise.reject(new Error('always')),
      onPoison: () => Promise.resolve(),
    });
    await settled();
    await append('b');
    await settled();
    expect(parents[0]).toEqual([`process ${reader.topic}`, traceparent]);
    await expect
      .poll(() => counts)
      .toEqual({ 'devmesh_stream_entries_total failed': 2, 'devmesh_stream_entries_total poison': 2 });
  });

  test('clears away what every group has acknowledged', async () => {
    await append('a', 'b');
    await start({ handler: () => Promise.resolve(), clock: hastyClock() });
    await settled();
    await expect
      .poll(() => stream.backlog(reader.topic, 'nobody'), { timeout: 20_000 })
      .toEqual({ waiting: 0, held: 0 });
  });
});

function refusePoison(): Promise<void> {
  return Promise.reject(new Error('nothing was to be poison here'));
}

/** Something that handlers wait for until the test lets them go on. */
function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open?.() };
}

/** A clock whose minutes pass in no time, for what happens once a minute. */
function hastyClock(): NonNullable<ConsumerOptions['clock']> {
  let now = Date.now();
  return {
    now: () => (now += 20_000),
    sleep: (_milliseconds, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 5);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
