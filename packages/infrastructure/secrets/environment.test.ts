import { expect, test } from 'vitest';
import { secretsContract } from './contract.ts';
import { createEnvironmentSecrets } from './environment.ts';

const environment = { PRESENT: 'hush', EMPTY: '', OTHER: 'not for this', CHANGED: 'new', CHANGED_PREVIOUS: 'old' };
const names = ['PRESENT', 'EMPTY', 'ABSENT', 'CHANGED', 'CHANGED_PREVIOUS'];

secretsContract(() => Promise.resolve(createEnvironmentSecrets({ environment, names })));

test('a variable that is not named as a secret is out of reach', async () => {
  expect(await createEnvironmentSecrets({ environment, names }).read('OTHER')).toBeUndefined();
});
