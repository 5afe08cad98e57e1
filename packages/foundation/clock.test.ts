import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.ts';

describe('sleeping on the machine’s clock', () => {
  test('ends at once, without error, when the signal aborts', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, controller.signal);
    controller.abort();
    await expect(sleeping).resolves.toBeUndefined();
    await expect(systemClock.sleep(3_600_000, controller.signal)).resolves.toBeUndefined();
  });

  test('ends by itself without a signal', async () => {
    await expect(systemClock.sleep(1)).resolves.toBeUndefined();
  });
});
