import { randomUUID } from 'node:crypto';
import { silentTelemetry, type FinishedSpan, type Telemetry } from '@devmesh/foundation';
import { describe, expect, test } from 'vitest';
import { consumerScene, createGate } from './consumer.fixture.ts';
import type { ConsumerOptions } from './consumer.ts';
import type { Delivery, Stream } from './port.ts';

describe('a consumer', () => {
  const { append, claimNow, start, settled, stream, reader } = consumerScene();

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
    const options = { idleMilliseconds: 1_200, concurrency: 1 };
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
    await stream().read({ ...reader(), consumer: 'gone' }, { count: 1, waitMilliseconds: 0 });
    await start({
      ...options,
      reader: { ...reader(), consumer: 'second' },
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

  test.each([
    [1, 'tries an entry once more'],
    [2, 'puts an entry aside without trying it'],
  ])('after %i deliveries that killed the process, of 2 allowed, it %s [stream.poison]', async (deaths) => {
    const [tried, aside]: [number[], number[]] = [[], []];
    await append('kills');
    for (let death = 1; death <= deaths; death += 1) {
      const dying = { ...reader(), consumer: `dying ${String(death)}` };
      const take = death === 1 ? stream().read(dying, { count: 1, waitMilliseconds: 0 }) : claimNow(dying);
      expect(await take).toMatchObject([{ deliveries: death }]);
    }
    await start({
      idleMilliseconds: 20,
      maxDeliveries: 2,
      handler: ({ deliveries }) => {
        tried.push(deliveries);
        return Promise.resolve();
      },
      onPoison: ({ deliveries }) => {
        aside.push(deliveries);
        return Promise.resolve();
      },
    });
    await settled();
    expect([tried, aside]).toEqual(deaths === 1 ? [[2], []] : [[], [3]]);
  });

  test('survives a stream that fails, says so, and goes on when it answers again', async () => {
    let broken = true;
    const seen: string[] = [];
    const failing: Stream = {
      ...stream(),
      claim: (...given) => (broken ? Promise.reject(new Error('the stream is down')) : stream().claim(...given)),
      read: (...given) => (broken ? Promise.reject(new Error('the stream is down')) : stream().read(...given)),
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
    await stream().append(reader().topic, [{ tenantId: randomUUID(), kind: 'test', subjectId: 'a', traceparent }]);
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
    expect(parents[0]).toEqual([`process ${reader().topic}`, traceparent]);
    await expect
      .poll(() => counts)
      .toEqual({ 'devmesh_stream_entries_total failed': 2, 'devmesh_stream_entries_total poison': 2 });
  });

  test('clears away what every group has acknowledged', async () => {
    await append('a', 'b');
    await start({ handler: () => Promise.resolve(), clock: hastyClock() });
    await settled();
    await expect
      .poll(() => stream().backlog(reader().topic, 'nobody'), { timeout: 20_000 })
      .toEqual({ waiting: 0, held: 0 });
  });
});

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
