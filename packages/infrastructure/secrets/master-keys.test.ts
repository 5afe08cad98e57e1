import { randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';
import { expect, test } from 'vitest';
import { createMasterKeys, deriveKey } from './master-keys.ts';

const newKey = (): Secret => new Secret(randomBytes(32).toString('base64'));

test('the current key comes first, each key once, and each is found by its id', () => {
  const [current, one, two] = [newKey(), newKey(), newKey()];
  const keys = createMasterKeys({ current, previous: [one, current, two, one] });
  expect(keys.all().map(({ key }) => key.open())).toEqual([current, one, two].map((key) => key.open()));
  expect(keys.current()).toBe(keys.all()[0]);
  for (const key of keys.all()) expect(keys.find(key.id)).toBe(key);
  expect(keys.find('00000000')).toBeUndefined();
});

test('the id of a key is always the same, and is no part of the key or of what is derived from it', () => {
  const key = newKey();
  const [first, second] = [createMasterKeys({ current: key }), createMasterKeys({ current: key })];
  const { id } = first.current();
  expect(id).toMatch(/^[0-9a-f]{8}$/u);
  expect(second.current().id).toBe(id);
  const texts = [Buffer.from(key.open(), 'base64'), deriveKey(first.current(), 'a')];
  for (const bytes of texts) expect(bytes.toString('hex')).not.toContain(id);
});

test('what is derived depends on the key and on the purpose, and on nothing else', () => {
  const [one, other] = [
    createMasterKeys({ current: newKey() }).current(),
    createMasterKeys({ current: newKey() }).current(),
  ];
  expect(deriveKey(one, 'a')).toEqual(deriveKey(one, 'a'));
  const derived = [deriveKey(one, 'a'), deriveKey(one, 'b'), deriveKey(other, 'a')];
  expect(new Set(derived.map((bytes) => bytes.toString('hex'))).size).toBe(3);
  for (const bytes of derived) expect(bytes).toHaveLength(32);
});

test('a weak key is refused, whether current or previous', () => {
  const weak = new Secret(Buffer.alloc(32, 7).toString('base64'));
  for (const options of [{ current: weak }, { current: newKey(), previous: [weak] }]) {
    expect(() => createMasterKeys(options)).toThrow(/not random/u);
  }
});
