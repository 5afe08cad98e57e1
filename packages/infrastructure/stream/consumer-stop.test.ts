import { describe, expect, test } from 'vitest';
import { consumerScene, createGate, tenantOf } from './consumer.fixture.ts';
import type { Stream } from './port.ts';

describe('a consumer that is stopped', () => {
  const { append, appendFor, start, stream, reader } = consumerScene();

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
    expect(await stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 2, held: 0 });
    expect(await service.ready()).toMatchObject({ ready: false });
  });

  test('tells handlers that do not end to give up, and gives their entry back uncounted', async () => {
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
    expect(await stream().read(reader(), { count: 1, waitMilliseconds: 0 })).toMatchObject([{ deliveries: 1 }]);
  });

  test('leaves a handler behind that does not even give up', async () => {
    await append('deaf');
    const gate = createGate();
    let working = false;
    const service = await start({
      graceMilliseconds: 10,
      handler: () => {
        working = true;
        return gate.opened;
      },
    });
    await expect.poll(() => working).toBe(true);
    await service.stop();
    expect(await stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 0, held: 1 });
    gate.open();
  });

  test('works on everything exactly once over clean stops, whenever they come [stream.drained]', async () => {
    const subjects = Array.from({ length: 150 }, (_each, at) => `s${String(at).padStart(3, '0')}`);
    const seen: string[] = [];
    for (const third of [subjects.slice(0, 50), subjects.slice(50, 100), subjects.slice(100)]) await append(...third);
    for (const stopAt of [20, 60, 61, 110, 150]) {
      const arrived = createGate();
      const service = await start({
        idleMilliseconds: 3_600_000,
        handler: async ({ subjectId, deliveries }) => {
          await new Promise(setImmediate);
          seen.push(`${subjectId} ${String(deliveries)}`);
          if (seen.length >= stopAt) arrived.open();
        },
      });
      await arrived.opened;
      await service.stop();
    }
    expect(seen.toSorted()).toEqual(subjects.map((subject) => `${subject} 1`));
    expect(await stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 0, held: 0 });
  });

  test('gives back uncounted what a read brought after the stop', async () => {
    const [asked, answer] = [createGate(), createGate()];
    const late: Stream = {
      ...stream(),
      read: async (who, { signal: _signal, ...how }) => {
        const deliveries = await stream().read(who, how);
        asked.open();
        await answer.opened;
        return deliveries;
      },
    };
    await append('late');
    const service = await start({ stream: late, handler: () => Promise.reject(new Error('it was stopped')) });
    await asked.opened;
    const stopped = service.stop();
    answer.open();
    await stopped;
    expect(await stream().read(reader(), { count: 1, waitMilliseconds: 0 })).toMatchObject([{ deliveries: 1 }]);
  });

  test('gives back uncounted what waits for its turn, and acknowledges before it has stopped', async () => {
    const [gate, acknowledged] = [createGate(), createGate()];
    let begun = 0;
    const slow: Stream = {
      ...stream(),
      acknowledge: async (...given) => {
        await acknowledged.opened;
        await stream().acknowledge(...given);
      },
    };
    await appendFor(tenantOf(1), 'same');
    const service = await start({
      stream: slow,
      handler: () => {
        begun += 1;
        return gate.opened;
      },
    });
    await expect.poll(() => begun).toBe(1);
    await appendFor(tenantOf(1), 'same', 'same');
    await expect.poll(() => stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 0, held: 3 });
    const stopped = service.stop();
    await expect.poll(() => stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 2, held: 1 });
    gate.open();
    acknowledged.open();
    await stopped;
    expect(await stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 2, held: 0 });
    expect(begun).toBe(1);
    const left = await stream().read(reader(), { count: 2, waitMilliseconds: 0 });
    expect(left.map(({ deliveries }) => deliveries)).toEqual([1, 1]);
  });
});
