import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bell } from './port.ts';

/** What every bell must keep. `open` gives a further bell of the same engine, as another process would have. */
export function bellContract(open: () => Promise<Bell>): void {
  let here: Bell;
  let there: Bell;
  beforeAll(async () => {
    here = await open();
    there = await open();
  });
  afterAll(async () => {
    await Promise.all([here.close(), there.close()]);
  });

  test('every listener of a channel hears a ring, whichever process rings, with its payload', async () => {
    const channel = newChannel();
    const heard: string[][] = [[], [], []];
    await here.listen(channel, (payload) => heard[0]!.push(payload));
    await here.listen(channel, (payload) => heard[1]!.push(payload));
    await there.listen(channel, (payload) => heard[2]!.push(payload));
    await there.ring(channel, 'Ünïcode "one"');
    await here.ring(channel, '');
    await expect.poll(() => heard.map((each) => each.length)).toEqual([2, 2, 2]);
    expect(heard.map((each) => each.toSorted())).toEqual(heard.map(() => ['', 'Ünïcode "one"']));
  });

  test('a listener hears its channel only, and nothing after it has left', async () => {
    const [channel, other] = [newChannel(), newChannel()];
    const [heard, stays]: [string[], string[]] = [[], []];
    const leave = await here.listen(channel, (payload) => heard.push(payload));
    await here.listen(channel, (payload) => stays.push(payload));
    await here.ring(other, 'elsewhere');
    await here.ring(channel, 'first');
    await expect.poll(() => heard).toEqual(['first']);
    await leave();
    await leave();
    await here.ring(channel, 'second');
    await expect.poll(() => stays).toEqual(['first', 'second']);
    expect(heard).toEqual(['first']);
  });

  test('a listener that throws keeps no other from hearing', async () => {
    const channel = newChannel();
    const heard: string[] = [];
    await here.listen(channel, () => {
      throw new Error('a broken listener');
    });
    await here.listen(channel, (payload) => heard.push(payload));
    await here.ring(channel, 'still heard');
    await expect.poll(() => heard).toEqual(['still heard']);
  });

  test('a ring that is too long is dropped without throwing', async () => {
    const channel = newChannel();
    const heard: string[] = [];
    await here.listen(channel, (payload) => heard.push(payload));
    await here.ring(channel, 'x'.repeat(1_001));
    await here.ring(channel, 'y'.repeat(1_000));
    await expect.poll(() => heard).toEqual(['y'.repeat(1_000)]);
  });
}

function newChannel(): string {
  return `test-${randomUUID().slice(0, 13)}`;
}
