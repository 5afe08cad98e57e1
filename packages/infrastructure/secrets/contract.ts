import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { Secrets } from './port.ts';

/**
 * What every source of secrets must keep; `open` gives one that has `PRESENT` with the value `hush`, an empty `EMPTY` where
 * it can have one, and `CHANGED`, which was `old` and is `new`.
 */
export function secretsContract(open: () => Promise<Secrets>): void {
  test('gives the secret of a name, which does not print', async () => {
    const secret = await (await open()).read('PRESENT');
    expect(secret?.open()).toBe('hush');
    expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect(secret)}`).not.toContain('hush');
  });

  test('gives what is, and what was before the last change', async () => {
    const secrets = await open();
    expect((await secrets.read('CHANGED'))?.open()).toBe('new');
    expect((await secrets.readPrevious('CHANGED'))?.open()).toBe('old');
    for (const name of ['PRESENT', 'ABSENT']) expect(await secrets.readPrevious(name)).toBeUndefined();
  });

  test('gives nothing for a name that has none', async () => {
    const secrets = await open();
    for (const name of ['ABSENT', 'EMPTY', '', '__proto__', 'constructor']) {
      expect(await secrets.read(name)).toBeUndefined();
    }
  });
}
