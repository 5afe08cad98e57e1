import { expect, test } from 'vitest';
import { fakeClock } from './clock.ts';

test('sleepers wake in the order of their times, each at its own time', async () => {
  const clock = fakeClock(1_000);
  const woken: string[] = [];
  const sleep = async (name: string, milliseconds: number): Promise<void> => {
    await clock.sleep(milliseconds);
    woken.push(`${name} at ${String(clock.now())}`);
  };
  const all = [sleep('late', 50), sleep('early', 10), sleep('never', 1_000)];
  await clock.advance(100);
  expect(woken).toEqual(['early at 1010', 'late at 1050']);
  expect(clock.now()).toBe(1_100);
  expect(clock.sleepers()).toBe(1);
  await clock.advance(1_000);
  await Promise.all(all);
});

test('one that sleeps again while time passes wakes again within the same time', async () => {
  const clock = fakeClock(0);
  const ticks: number[] = [];
  const loop = (async (): Promise<void> => {
    while (ticks.length < 5) {
      await clock.sleep(10);
      ticks.push(clock.now());
    }
  })();
  await clock.advance(50);
  await loop;
  expect(ticks).toEqual([10, 20, 30, 40, 50]);
});

test('an aborted sleep ends at once, and is forgotten', async () => {
  const clock = fakeClock();
  const abort = new AbortController();
  const asleep = clock.sleep(10, abort.signal);
  abort.abort();
  await asleep;
  expect(clock.sleepers()).toBe(0);
});
