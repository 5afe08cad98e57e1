import type * as Crypto from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BodyBinding } from './binding.ts';
import { encodeBody } from './encode-body.ts';

const drawn = vi.hoisted(() => ({ next: [] as string[] }));
vi.mock('node:crypto', async (load) => {
  const real = await load<typeof Crypto>();
  const given = (size: number): Buffer => {
    const next = drawn.next.shift();
    return next === undefined ? real.randomBytes(size) : Buffer.alloc(size, next, 'hex');
  };
  return { ...real, randomBytes: given };
});

const binding: BodyBinding = { mediaType: 'multipart/form-data', encoding: 'multipart', argument: 'body' };
const boundaryOf = (field: string): string =>
  encodeBody(binding, { body: { field } })?.contentType.split('boundary=')[1] ?? '';

describe('the boundary of a multipart body', () => {
  afterEach(() => {
    drawn.next = [];
  });

  it('is not to be guessed', () => {
    const boundaries = new Set(Array.from({ length: 20 }, () => boundaryOf('x')));
    expect(boundaries.size).toBe(20);
    for (const boundary of boundaries) expect(boundary).toMatch(/[0-9a-f]{32}/u);
  });

  it('is another one where it occurs in a part', () => {
    drawn.next = ['aa'];
    const taken = boundaryOf('x');
    drawn.next = ['aa', 'aa', 'bb'];
    const other = boundaryOf(`before\r\n--${taken}--\r\n`);
    expect([other === taken, other.includes('bbbb')]).toEqual([false, true]);
  });
});
