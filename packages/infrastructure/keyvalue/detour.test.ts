import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import { expect, test } from 'vitest';
import { createDetour } from './detour.ts';

test('a store that is away is left alone for a second, then tried by one, and used again once it answers', async () => {
  const clock = fakeClock();
  const said: string[] = [];
  let detours = 0;
  const detour = createDetour({
    clock,
    what: 'they',
    patienceMilliseconds: 50,
    log: { ...silentTelemetry.log, error: (text) => said.push(text), info: (text) => said.push(text) },
    onDetour: () => (detours += 1),
  });
  let state: 'well' | 'away' | 'silent' | 'broken' = 'away';
  let tries = 0;
  const work = async (): Promise<string> => {
    tries += 1;
    if (state === 'away') throw new MeshError('unavailable', 'away');
    if (state === 'broken') throw new Error('one key is broken');
    if (state === 'silent') await new Promise(() => undefined);
    return 'store';
  };
  const run = (): Promise<string> => detour.run(work, () => Promise.resolve('instead'));
  expect(await run()).toBe('instead');
  expect(await Promise.all([run(), run(), run()])).toEqual(['instead', 'instead', 'instead']);
  expect(tries).toBe(1);
  await clock.advance(1_000);
  state = 'silent';
  expect(await Promise.all([run(), run(), run()])).toEqual(['instead', 'instead', 'instead']);
  expect(tries).toBe(2);
  await clock.advance(1_000);
  state = 'well';
  expect(await run()).toBe('store');
  state = 'broken';
  expect(await run()).toBe('instead');
  state = 'well';
  expect(await run()).toBe('store');
  expect(said).toEqual([
    'they go on without the key-values',
    'they use the key-values again',
    'they go on without the key-values',
  ]);
  expect(detours).toBe(8);
});
