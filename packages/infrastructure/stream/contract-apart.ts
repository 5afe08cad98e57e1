import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Stream } from './port.ts';

const hour = 3_600_000;
const count = 200;

/** Tries are spread. `pass` makes the entries of the topic `apart` as many hours older as it is told. */
export function apartContract(open: () => Stream, pass: (hours: number) => Promise<unknown>): void {
  test('what failed together comes back apart, and the later the more often it came', async () => {
    const stream = open();
    const reader = { topic: 'apart', group: 'group', consumer: 'consumer' };
    const claim = async (): Promise<number> => {
      const how = { count, idleMilliseconds: hour, maximumIdleMilliseconds: 24 * hour };
      return (await stream.claim(reader, how)).length;
    };
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    await stream.append(
      reader.topic,
      Array.from({ length: count }, () => entry),
    );
    await stream.read(reader, { count, waitMilliseconds: 0 });
    await pass(0.7);
    expect(await claim()).toBe(0);
    await pass(0.175);
    const early = await claim();
    expect(early).toBeGreaterThan(count / 5);
    expect(early).toBeLessThan((count * 4) / 5);
    await pass(0.13);
    expect(await claim()).toBe(count - early);
    await pass(1.35);
    expect(await claim()).toBe(0);
    await pass(0.7);
    expect(await claim()).toBe(count);
    await stream.close();
  });
}
