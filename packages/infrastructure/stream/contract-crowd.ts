import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Delivery, Stream } from './port.ts';

const entries = 4_000;
const consumers = 20;

/** What holds when many consumers share the work. */
export function crowdContract(opened: () => Stream): void {
  describe(`4,000 entries of 8 tenants over ${String(consumers)} consumers`, () => {
    test('are seen exactly once each while nothing fails', async () => {
      const { topic, subjects } = await filled(opened());
      const seen: string[] = [];
      await crowd(opened(), { topic, idleMilliseconds: 3_600_000 }, (batch) => {
        seen.push(...batch.map(({ subjectId }) => subjectId));
        return 'acknowledge';
      });
      expect(seen.toSorted()).toEqual(subjects);
    });

    test('are seen at least once each while consumers die at random [stream.at-least-once]', async () => {
      const { topic, subjects } = await filled(opened());
      const seen = new Set<string>();
      let deaths = 0;
      await crowd(opened(), { topic, idleMilliseconds: 2_000 }, (batch) => {
        if (deaths < 60 && Math.random() < 0.2) {
          deaths += 1;
          return 'die';
        }
        for (const { subjectId } of batch) seen.add(subjectId);
        return 'acknowledge';
      });
      expect(deaths).toBeGreaterThan(0);
      expect([...seen].toSorted()).toEqual(subjects);
      expect(await opened().backlog(topic, 'group')).toEqual({ waiting: 0, held: 0 });
    });
  });
}

/** Consumers that work until nothing is left; one that dies is followed by one of another name. */
async function crowd(
  stream: Stream,
  { topic, idleMilliseconds }: { readonly topic: string; readonly idleMilliseconds: number },
  work: (batch: readonly Delivery[]) => 'acknowledge' | 'die',
): Promise<void> {
  const live = async (): Promise<void> => {
    let consumer = randomUUID();
    for (;;) {
      const reader = { topic, group: 'group', consumer };
      const read = await stream.read(reader, { count: 25, waitMilliseconds: 0 });
      const batch = read.length > 0 ? read : await stream.claim(reader, { count: 25, idleMilliseconds });
      if (batch.length > 0 && work(batch) === 'die') consumer = randomUUID();
      else if (batch.length > 0) {
        const ids = batch.map(({ entryId }) => entryId);
        await stream.acknowledge(topic, 'group', ids);
      } else {
        const { waiting, held } = await stream.backlog(topic, 'group');
        if (waiting + held === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await Promise.all(Array.from({ length: consumers }, live));
}

async function filled(stream: Stream): Promise<{ topic: string; subjects: readonly string[] }> {
  const topic = `test-${randomUUID().slice(0, 13)}`;
  const tenants = Array.from({ length: 8 }, () => randomUUID());
  const subjects = Array.from({ length: entries }, (_each, at) => `s${String(at).padStart(4, '0')}`);
  await stream.createGroup(topic, 'group');
  await stream.append(
    topic,
    subjects.map((subjectId, at) => ({ tenantId: tenants[at % 8] ?? '', kind: 'test', subjectId })),
  );
  return { topic, subjects };
}
