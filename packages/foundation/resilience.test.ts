import { describe, expect, test } from 'vitest';
import { MeshError } from './errors.ts';
import { createResilience } from './resilience.ts';

const options = {
  name: 'the tool server',
  timeoutMilliseconds: 5_000,
  retries: 0,
  breakAfter: 2,
  halfOpenAfterMilliseconds: 60_000,
  retryable: (error: Error) => error.message === 'flaky' || !(error instanceof TypeError),
};

function reject(failure: Error): () => Promise<never> {
  return () => Promise.reject(failure);
}

function isExpiry(failure: Error): boolean {
  return failure instanceof MeshError && failure.code === 'upstream_timeout';
}

const hang = (): Promise<never> => new Promise(() => undefined);

describe('resilience', () => {
  test('gives the result through', async () => {
    await expect(createResilience(options).run(() => Promise.resolve(7))).resolves.toBe(7);
  });

  test('turns expiry into upstream_timeout and aborts the work, even work that ignores it', async () => {
    let signal: AbortSignal | undefined;
    const run = createResilience({ ...options, timeoutMilliseconds: 10 }).run((inner) => {
      signal = inner;
      return new Promise(() => undefined);
    });
    await expect(run).rejects.toMatchObject({ code: 'upstream_timeout' });
    expect(signal?.aborted).toBe(true);
  });

  test('tries retryable failures again, as often as told', async () => {
    let tries = 0;
    const flaky = (): Promise<number> => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('flaky')) : Promise.resolve(tries);
    };
    await expect(createResilience({ ...options, retries: 2 }).run(flaky)).resolves.toBe(3);
  });

  test('passes other failures through unchanged, at once', async () => {
    let tries = 0;
    const error = new TypeError('wrong argument');
    const run = createResilience({ ...options, retries: 3 }).run(() => {
      tries += 1;
      return Promise.reject(error);
    });
    await expect(run).rejects.toBe(error);
    expect(tries).toBe(1);
  });

  test('leaves a broken upstream alone and says when to come back [resilience.breaker]', async () => {
    const resilience = createResilience(options);
    await expect(resilience.run(reject(new Error('down')))).rejects.toThrow('down');
    await expect(resilience.run(reject(new Error('down')))).rejects.toThrow('down');
    let called = false;
    const blocked: unknown = await resilience
      .run(() => {
        called = true;
        return Promise.resolve();
      })
      .catch((error: unknown) => error);
    expect(called).toBe(false);
    expect(blocked).toBeInstanceOf(MeshError);
    expect(blocked).toMatchObject({ code: 'unavailable', retryAfterSeconds: 60 });
  });

  test('counts expiry as a failure of the upstream, by its code', async () => {
    const resilience = createResilience({ ...options, timeoutMilliseconds: 10, breakAfter: 1, retryable: isExpiry });
    await expect(resilience.run(hang)).rejects.toMatchObject({ code: 'upstream_timeout' });
    await expect(resilience.run(hang)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('ends with the caller’s reason when the caller aborts, and holds it against nobody', async () => {
    const resilience = createResilience({ ...options, breakAfter: 1, retries: 3, retryable: () => true });
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const run = resilience.run(() => {
      controller.abort(reason);
      return new Promise(() => undefined);
    }, controller.signal);
    await expect(run).rejects.toBe(reason);
    await expect(resilience.run(() => Promise.resolve('open'))).resolves.toBe('open');
  });

  test('does not count failures that are the caller’s fault', async () => {
    const resilience = createResilience(options);
    for (let time = 0; time < 5; time += 1) {
      await expect(resilience.run(reject(new TypeError('wrong')))).rejects.toThrow('wrong');
    }
    await expect(resilience.run(() => Promise.resolve('open'))).resolves.toBe('open');
  });
});
