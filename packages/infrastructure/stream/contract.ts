import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crowdContract } from './contract-crowd.ts';
import { fairnessContract } from './contract-fairness.ts';
import { modelContract } from './contract-model.ts';
import type { Delivery, Reader, Stream, StreamEntry } from './port.ts';

const home = randomUUID();

interface ContractOptions {
  /** Whether one round goes over all tenants; otherwise only over those of a part, and the parts take turns. */
  readonly oneRound?: boolean;
}

/** What every stream must keep, whatever engine is below. */
export function streamContract(open: () => Promise<Stream>, { oneRound = true }: ContractOptions = {}): void {
  let stream: Stream;
  beforeAll(async () => {
    stream = await open();
  });
  afterAll(async () => {
    await stream.close();
  });

  const readNow = (reader: Reader, count = 100): Promise<readonly Delivery[]> =>
    stream.read(reader, { count, waitMilliseconds: 0 });
  const claimNow = (reader: Reader, count = 100): Promise<readonly Delivery[]> =>
    stream.claim(reader, { count, idleMilliseconds: 0 });
  const acknowledge = (reader: Reader, deliveries: readonly Delivery[]): Promise<void> =>
    stream.acknowledge(
      reader.topic,
      reader.group,
      deliveries.map(({ entryId }) => entryId),
    );

  fairnessContract(() => stream, oneRound);
  crowdContract(() => stream);
  modelContract(() => stream, oneRound);

  describe('reading', () => {
    test('hands out entries in order, whole, and for the first time', async () => {
      const { reader } = scene();
      await stream.createGroup(reader.topic, reader.group);
      const entries = [
        entry('a', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
        entry('b'),
      ];
      await stream.append(reader.topic, entries);
      await stream.append(reader.topic, [entry('c', { kind: 'Ünïcode "quoted"' })]);
      const deliveries = await readNow(reader);
      expect(deliveries.map(({ entryId: _entryId, ...rest }) => rest)).toEqual([
        { ...entries[0], deliveries: 1 },
        { ...entries[1], traceparent: undefined, deliveries: 1 },
        expect.objectContaining({ subjectId: 'c', kind: 'Ünïcode "quoted"', deliveries: 1 }),
      ]);
    });

    test('gives a group that comes late everything from the start of the topic', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('early')]);
      await stream.createGroup(reader.topic, reader.group);
      await stream.append(reader.topic, [entry('later')]);
      expect(ids(await readNow(reader))).toEqual(['early', 'later']);
    });

    test('makes a group that nobody created, and creating one again changes nothing', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a'), entry('b')]);
      expect(ids(await readNow(reader, 1))).toEqual(['a']);
      await stream.createGroup(reader.topic, reader.group);
      expect(ids(await readNow(reader))).toEqual(['b']);
    });

    test('gives every group every entry, and topics do not mix', async () => {
      const { reader } = scene();
      const other = { ...reader, group: 'other' };
      await stream.append(reader.topic, [entry('a')]);
      await stream.append(`${reader.topic}x`, [entry('elsewhere')]);
      expect(ids(await readNow(reader))).toEqual(['a']);
      expect(ids(await readNow(other))).toEqual(['a']);
    });

    test('gives each entry to exactly one of many consumers that read at once', async () => {
      const { reader } = scene();
      await stream.createGroup(reader.topic, reader.group);
      const subjects = Array.from({ length: 120 }, (_each, index) => `s${String(index)}`);
      await stream.append(
        reader.topic,
        subjects.map((subject) => entry(subject)),
      );
      const drain = async (consumer: string): Promise<string[]> => {
        const got: string[] = [];
        for (;;) {
          const batch = await readNow({ ...reader, consumer }, 7);
          if (batch.length === 0) return got;
          got.push(...ids(batch));
        }
      };
      const all = await Promise.all(['one', 'two', 'three', 'four'].map(drain));
      expect(all.flat().toSorted()).toEqual(subjects.toSorted());
    });

    test('loses nothing that is appended while the group is being made', async () => {
      const { reader } = scene();
      const subjects = Array.from({ length: 20 }, (_each, index) => `s${String(index)}`);
      await Promise.all([
        ...subjects.slice(0, 10).map((subject) => stream.append(reader.topic, [entry(subject)])),
        stream.createGroup(reader.topic, reader.group),
        stream.createGroup(reader.topic, reader.group),
        ...subjects.slice(10).map((subject) => stream.append(reader.topic, [entry(subject)])),
      ]);
      expect(ids(await readNow(reader)).toSorted()).toEqual(subjects.toSorted());
    });

    test('wakes a reader that waits', async () => {
      const { reader } = scene();
      const waiting = stream.read(reader, { count: 10, waitMilliseconds: 25_000 });
      await pause(100);
      await stream.append(reader.topic, [entry('a')]);
      expect(ids(await waiting)).toEqual(['a']);
    });

    test('answers nothing when the time is over or the reader gives up, and loses nothing by that', async () => {
      const { reader } = scene();
      expect(await stream.read(reader, { count: 10, waitMilliseconds: 30 })).toEqual([]);
      const giveUp = new AbortController();
      const waiting = stream.read(reader, { count: 10, waitMilliseconds: 25_000, signal: giveUp.signal });
      await pause(100);
      giveUp.abort();
      expect(await waiting).toEqual([]);
      expect(await stream.read(reader, { count: 1, waitMilliseconds: 25_000, signal: AbortSignal.abort() })).toEqual(
        [],
      );
      await stream.append(reader.topic, [entry('a')]);
      expect(ids(await readNow(reader))).toEqual(['a']);
    });
  });

  describe('taking over', () => {
    test('gives unacknowledged entries again, counted, and acknowledged ones never', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('done'), entry('left')]);
      const [done, left] = await readNow(reader);
      await acknowledge(reader, [done!]);
      const again = await claimNow({ ...reader, consumer: 'second' });
      expect(again).toEqual([{ ...left, deliveries: 2 }]);
      expect((await claimNow(reader))[0]?.deliveries).toBe(3);
      await acknowledge(reader, again);
      expect(await claimNow(reader)).toEqual([]);
      expect(await readNow(reader)).toEqual([]);
    });

    test('leaves entries alone that are not idle yet', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a')]);
      await readNow(reader);
      expect(await stream.claim(reader, { count: 10, idleMilliseconds: 60_000 })).toEqual([]);
    });

    test('gives each entry to exactly one of many that claim at once', async () => {
      const { reader } = scene();
      const subjects = Array.from({ length: 60 }, (_each, index) => `s${String(index)}`);
      await stream.append(
        reader.topic,
        subjects.map((subject) => entry(subject)),
      );
      await readNow(reader);
      await pause(300);
      const claims = await Promise.all(
        ['one', 'two', 'three', 'four', 'five', 'six'].map((consumer) =>
          stream.claim({ ...reader, consumer }, { count: 60, idleMilliseconds: 250 }),
        ),
      );
      expect(claims.flatMap(ids).toSorted()).toEqual(subjects.toSorted());
      expect(new Set(claims.flat().map(({ deliveries }) => deliveries))).toEqual(new Set([2]));
    });

    test('waits longer with each delivery where the time may grow', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a')]);
      await readNow(reader);
      for (let delivery = 2; delivery <= 14; delivery += 1) await claimNow(reader);
      await pause(60);
      // 50 ms doubled 13 times are nearly seven minutes.
      expect(
        await stream.claim(reader, { count: 1, idleMilliseconds: 50, maximumIdleMilliseconds: 3_600_000 }),
      ).toEqual([]);
      expect(await stream.claim(reader, { count: 1, idleMilliseconds: 50 })).toMatchObject([{ deliveries: 15 }]);
    });

    test('does not take what its consumer holds on to, and nobody else can hold it for them', async () => {
      const { reader } = scene();
      const other = { ...reader, consumer: 'other' };
      await stream.append(reader.topic, [entry('mine'), entry('theirs')]);
      const [mine] = await readNow(reader, 1);
      const [theirs] = await readNow(other, 1);
      await pause(1_600);
      await stream.hold(reader, [mine!.entryId, theirs!.entryId, '999999999-0', '999999999', 'nonsense']);
      const claimed = await stream.claim(reader, { count: 10, idleMilliseconds: 1_500 });
      expect(claimed).toMatchObject([{ subjectId: 'theirs', deliveries: 2 }]);
    });
  });

  describe('giving back', () => {
    const release = (reader: Reader, deliveries: readonly Delivery[]): Promise<void> =>
      stream.release(
        reader,
        deliveries.map(({ entryId }) => entryId),
      );

    test('makes entries unread again at once, in their old place, without counting the delivery', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a'), entry('b'), entry('c'), entry('d')]);
      const [a, b] = await readNow(reader, 3);
      await release(reader, [b!, a!]);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 3, held: 1 });
      const again = await readNow({ ...reader, consumer: 'other' });
      expect(again.map(({ subjectId, deliveries }) => [subjectId, deliveries])).toEqual([
        ['a', 1],
        ['b', 1],
        ['d', 1],
      ]);
      expect(again[0]?.entryId).toBe(a?.entryId);
    });

    test('keeps the count of earlier deliveries, and what is unread is not taken over', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a')]);
      await readNow(reader);
      await claimNow(reader);
      await release(reader, await claimNow(reader));
      expect(await claimNow(reader)).toEqual([]);
      expect(await readNow(reader)).toMatchObject([{ subjectId: 'a', deliveries: 3 }]);
      expect(await claimNow(reader)).toMatchObject([{ subjectId: 'a', deliveries: 4 }]);
    });

    test('is refused for what the consumer does not hold any more, and never frees an unread entry', async () => {
      const { reader } = scene();
      const other = { ...reader, consumer: 'other' };
      await stream.append(reader.topic, [entry('done'), entry('taken'), entry('unread')]);
      const [done, taken] = await readNow(reader, 2);
      await acknowledge(reader, [done!]);
      await claimNow(other);
      await release(reader, [done!, taken!, { ...taken!, entryId: 'nonsense' }]);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 1, held: 1 });
      await release(other, [taken!]);
      await release(other, [taken!]);
      await acknowledge(other, [taken!]);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 2, held: 0 });
      expect(ids(await readNow(reader))).toEqual(['taken', 'unread']);
    });

    test('wakes a reader that waits', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, [entry('a')]);
      const held = await readNow(reader);
      const waiting = stream.read({ ...reader, consumer: 'other' }, { count: 1, waitMilliseconds: 25_000 });
      await release(reader, held);
      expect(ids(await waiting)).toEqual(['a']);
    });
  });

  describe('accounting', () => {
    test('counts what waits and what is held, also for a group that does not exist', async () => {
      const { reader } = scene();
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 0, held: 0 });
      await stream.append(reader.topic, [entry('a'), entry('b'), entry('c')]);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 3, held: 0 });
      const deliveries = await readNow(reader, 2);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 1, held: 2 });
      await acknowledge(reader, deliveries);
      await stream.trim(reader.topic);
      expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 1, held: 0 });
    });

    test('ignores acknowledgements of entries it does not know or did not hand out', async () => {
      const { reader } = scene();
      await stream.createGroup(reader.topic, reader.group);
      await stream.append(reader.topic, [entry('a')]);
      await stream.acknowledge(reader.topic, reader.group, ['1-1', '1', 'nonsense', '']);
      await stream.acknowledge(reader.topic, 'no-such-group', ['1-1', '1']);
      await stream.acknowledge(reader.topic, reader.group, []);
      expect(ids(await readNow(reader))).toEqual(['a']);
    });

    test('removes what every group has acknowledged and nothing that one has not [stream.untrimmed]', async () => {
      const { reader } = scene();
      const slow = { ...reader, group: 'slow' };
      const present = async (): Promise<number> => {
        await stream.trim(reader.topic);
        return (await stream.backlog(reader.topic, 'nobody')).waiting;
      };
      await stream.append(reader.topic, [entry('a'), entry('b'), entry('c')]);
      expect(await present()).toBe(3);
      await stream.createGroup(slow.topic, slow.group);
      await acknowledge(reader, await readNow(reader));
      expect(await present()).toBe(3);
      const [a, b] = await readNow(slow, 2);
      await acknowledge(slow, [a!]);
      expect(await present()).toBe(2);
      expect(await claimNow(slow)).toMatchObject([{ subjectId: b!.subjectId }]);
      expect(ids(await readNow(slow))).toEqual(['c']);
      await acknowledge(slow, await claimNow(slow));
      expect(await present()).toBe(0);
      await stream.append(reader.topic, [entry('d')]);
      expect(ids(await readNow(slow))).toEqual(['d']);
    });

    test('appending nothing is nothing, and the engine answers', async () => {
      const { reader } = scene();
      await stream.append(reader.topic, []);
      expect(await readNow(reader)).toEqual([]);
      await expect(stream.ping()).resolves.toBeUndefined();
    });
  });
}

function ids(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ subjectId }) => subjectId);
}

/** A topic of its own for each test. */
function scene(): { reader: Reader } {
  return { reader: { topic: `test-${randomUUID().slice(0, 13)}`, group: 'group', consumer: 'consumer' } };
}

function entry(subjectId: string, more: Partial<StreamEntry> = {}): StreamEntry {
  return { tenantId: home, kind: 'test', subjectId, ...more };
}
