import { expect, test } from 'vitest';
import { newId } from './ids.ts';

test('identifiers are UUIDv7, unique, and sort in the order they were made', () => {
  const ids = Array.from({ length: 10_000 }, () => newId());
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u.test(id))).toBe(
    true,
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
});
