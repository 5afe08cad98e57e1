import type * as Crypto from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BodyBinding } from './binding.ts';
import type * as EncodeBody from './encode-body.ts';

const drawn: string[] = [];
const binding: BodyBinding = { mediaType: 'multipart/form-data', encoding: 'multipart', argument: 'body' };

describe('the boundary of a multipart body', () => {
  let encodeBody: typeof EncodeBody.encodeBody;
  const boundaryOf = (field: string): string =>
    encodeBody(binding, { body: { field } })?.contentType.split('boundary=')[1] ?? '';
  beforeAll(async () => {
    // Other suites of the process have loaded the module with what is really drawn, and shall find it so.
    vi.resetModules();
    vi.doMock('node:crypto', async (load) => {
      const real = await load<typeof Crypto>();
      const given = (size: number): Buffer => {
        const next = drawn.shift();
        return next === undefined ? real.randomBytes(size) : Buffer.alloc(size, next, 'hex');
      };
      return { ...real, randomBytes: given };
    });
    ({ encodeBody } = await import('./encode-body.ts'));
  });
  afterEach(() => {
    drawn.length = 0;
  });
  afterAll(() => {
    vi.doUnmock('node:crypto');
    vi.resetModules();
  });

  it('is not to be guessed', () => {
    const boundaries = new Set(Array.from({ length: 20 }, () => boundaryOf('x')));
    expect(boundaries.size).toBe(20);
    for (const boundary of boundaries) expect(boundary).toMatch(/[0-9a-f]{32}/u);
  });

  it('is another one where it occurs in a part', () => {
    drawn.push('aa');
    const taken = boundaryOf('x');
    drawn.push('aa', 'aa', 'bb');
    const other = boundaryOf(`before\r\n--${taken}--\r\n`);
    expect([other === taken, other.includes('bbbb')]).toEqual([false, true]);
  });
});
