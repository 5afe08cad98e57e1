import { describe, expect, test } from 'vitest';
import { consumerScene, createGate, tenantOf } from './consumer.fixture.ts';
import type { Stream } from './port.ts';

describe('the hands of a consumer', () => {
  const { append, appendFor, start, settled, stream, reader } = consumerScene();

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

  test('keeps a hand free of a tenant whose work is slow [stream.fair]', async () => {
    const gate = createGate();
    const [slow, quick] = [tenantOf(1), tenantOf(2)];
    const seen: string[] = [];
    await appendFor(slow, ...Array.from({ length: 10 }, (_each, at) => `slow ${String(at)}`));
    await start({
      concurrency: 3,
      handler: async ({ tenantId, subjectId }) => {
        seen.push(subjectId);
        if (tenantId === slow) await gate.opened;
      },
    });
    await expect.poll(() => seen.length).toBe(2);
    await appendFor(quick, 'quick 0', 'quick 1', 'quick 2');
    await expect.poll(() => seen.filter((subject) => subject.startsWith('quick'))).toHaveLength(3);
    expect(seen.filter((subject) => subject.startsWith('slow'))).toEqual(['slow 0', 'slow 1']);
    // One more came with the first read; the others are not even read, so nothing is charged to them when this process dies.
    await expect.poll(() => stream().backlog(reader().topic, reader().group)).toEqual({ waiting: 7, held: 3 });
    gate.open();
    await settled();
    expect(seen).toHaveLength(13);
  });

  test('never works twice at once on one subject, and lets entries that wait share the next run', async () => {
    const gate = createGate();
    const runs: string[] = [];
    let [now, most] = [0, 0];
    await appendFor(tenantOf(1), ...Array.from({ length: 20 }, () => 'same'), 'other');
    await start({
      concurrency: 4,
      tenantShare: 4,
      handler: async ({ subjectId }) => {
        runs.push(subjectId);
        if (subjectId !== 'same') return;
        most = Math.max(most, (now += 1));
        await gate.opened;
        now -= 1;
      },
    });
    await expect.poll(() => runs.toSorted()).toEqual(['other', 'same']);
    gate.open();
    await settled();
    expect(most).toBe(1);
    expect(runs.length).toBeLessThan(10);
  });

  test('neither lets a heap of abandoned entries keep news waiting, nor news them', async () => {
    const order: string[] = [];
    await appendFor(tenantOf(1), ...Array.from({ length: 10 }, (_each, at) => `old ${String(at)}`));
    await stream().read({ ...reader(), consumer: 'gone' }, { count: 10, waitMilliseconds: 0 });
    await appendFor(tenantOf(1), ...Array.from({ length: 10 }, (_each, at) => `new ${String(at)}`));
    await new Promise((resolve) => setTimeout(resolve, 1_250));
    await start({
      concurrency: 1,
      idleMilliseconds: 1_200,
      handler: ({ subjectId }) => {
        order.push(subjectId.slice(0, 3));
        return Promise.resolve();
      },
    });
    await settled();
    expect(order).toHaveLength(20);
    for (const kind of ['old', 'new']) {
      expect(order.slice(0, 8).filter((each) => each === kind).length).toBeGreaterThan(2);
    }
  });

  test('tries an acknowledgement again that failed, and does not work again meanwhile', async () => {
    let [runs, refusals] = [0, 3];
    const moody: Stream = {
      ...stream(),
      acknowledge: (...given) =>
        refusals-- > 0 ? Promise.reject(new Error('the stream is down')) : stream().acknowledge(...given),
    };
    await append('a');
    await start({
      stream: moody,
      idleMilliseconds: 300,
      handler: () => {
        runs += 1;
        return Promise.resolve();
      },
    });
    await settled();
    expect(refusals).toBe(-1);
    expect(runs).toBe(1);
  });

  test('acknowledges together what ends together', async () => {
    let calls = 0;
    const counting: Stream = {
      ...stream(),
      acknowledge: (...given) => {
        calls += 1;
        return stream().acknowledge(...given);
      },
    };
    const gate = createGate();
    let begun = 0;
    await append(...Array.from({ length: 20 }, (_each, at) => `s${String(at)}`));
    await start({
      stream: counting,
      concurrency: 20,
      handler: () => {
        begun += 1;
        return gate.opened;
      },
    });
    await expect.poll(() => begun).toBe(20);
    gate.open();
    await settled();
    expect(calls).toBe(1);
  });
});
