import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Delivery, Reader, Stream, StreamEntry } from './port.ts';

/** What tenants may rely on while others have much queued; counted in deliveries, not in time. */
export function fairnessContract(opened: () => Stream, oneRound: boolean): void {
  describe('being fair', () => {
    test.each([
      [20_000, 7],
      [2_000, 1],
    ])(
      'gets the 100 entries of a tenant through while another has %i queued, reading %i at once [stream.fair]',
      async (queued, count) => {
        const stream = opened();
        const { reader, tenant } = scene();
        const [busy, quiet] = [tenant(), tenant()];
        for (let at = 0; at < queued / 1_000; at += 1)
          await stream.append(reader.topic, entriesOf(busy, 1_000, at * 1_000));
        await stream.append(reader.topic, entriesOf(quiet, 100));
        const subjects: string[] = [];
        let deliveries = 0;
        while (subjects.length < 100) {
          const batch = await readNow(stream, reader, count);
          deliveries += batch.length;
          subjects.push(...batch.filter(({ tenantId }) => tenantId === quiet).map(({ subjectId }) => subjectId));
          await acknowledge(stream, reader, batch);
          if (deliveries > 1_000) break;
        }
        expect(subjects).toEqual(entriesOf(quiet, 100).map(({ subjectId }) => subjectId));
        expect(deliveries).toBeLessThanOrEqual(200 + 2 * count);
      },
    );

    // Between parts the tenants do not take turns, so there is nothing of the kind to promise there.
    if (!oneRound) return;
    test('goes round all tenants, in one batch and from one to the next', async () => {
      const stream = opened();
      const { reader, tenant } = scene();
      const tenants = [tenant(), tenant(), tenant()];
      const served: string[] = [];
      for (const each of tenants) await stream.append(reader.topic, entriesOf(each, 10));
      for (const count of [1, 1, 2, 4, 3, 7, 5, 1]) {
        const batch = await readNow(stream, reader, count);
        expect(batch).toHaveLength(count);
        for (const { tenantId } of batch) served.push(tenantId);
        await acknowledge(stream, reader, batch);
      }
      const rounds = Array.from({ length: 8 }, (_each, at) => served.slice(at * 3, at * 3 + 3));
      for (const round of rounds) expect(round.toSorted()).toEqual(tenants.toSorted());
    });
  });

  exceptionsContract(opened);
}

function exceptionsContract(opened: () => Stream): void {
  describe('leaving tenants out', () => {
    test('leaves out the tenants that it is told to, without losing their turn or counting a delivery', async () => {
      const stream = opened();
      const { reader, tenant } = scene();
      const [full, free] = [tenant(), tenant()];
      await stream.append(reader.topic, [...entriesOf(full, 5), ...entriesOf(free, 1)]);
      const options = { count: 10, waitMilliseconds: 0, except: [full, tenant()] };
      expect(tenantsOf(await stream.read(reader, options))).toEqual([free]);
      expect(await stream.read(reader, options)).toEqual([]);
      expect(await readNow(stream, reader, 10)).toMatchObject(
        Array.from({ length: 5 }, () => ({ tenantId: full, deliveries: 1 })),
      );
    });

    test('finds the one tenant that may be served behind many that may not', async () => {
      const stream = opened();
      const { reader, tenant } = scene();
      const tenants = Array.from({ length: 60 }, tenant).toSorted();
      const [full, free] = [tenants.slice(0, -1), tenants.at(-1) ?? ''];
      await stream.append(
        reader.topic,
        [...full, free].flatMap((each) => entriesOf(each, 2)),
      );
      const found = await stream.read(reader, { count: 1, waitMilliseconds: 0, except: full });
      expect(tenantsOf(found)).toEqual([free]);
    });
  });
}

function scene(): { reader: Reader; tenant: () => string } {
  const reader = { topic: `test-${randomUUID().slice(0, 13)}`, group: 'group', consumer: 'consumer' };
  return { reader, tenant: randomUUID };
}

function entriesOf(tenantId: string, size: number, from = 0): readonly StreamEntry[] {
  return Array.from({ length: size }, (_each, at) => ({ tenantId, kind: 'test', subjectId: `s${String(from + at)}` }));
}

function readNow(stream: Stream, reader: Reader, count: number): Promise<readonly Delivery[]> {
  return stream.read(reader, { count, waitMilliseconds: 0 });
}

function acknowledge(stream: Stream, reader: Reader, deliveries: readonly Delivery[]): Promise<void> {
  return stream.acknowledge(
    reader.topic,
    reader.group,
    deliveries.map(({ entryId }) => entryId),
  );
}

function tenantsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ tenantId }) => tenantId);
}
