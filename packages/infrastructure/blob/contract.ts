import { createHash, randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Blob } from './port.ts';

/** What every blob store must keep; `open` gives one that takes at most 1,000 bytes. */
export function blobContract(open: () => Promise<Blob>): void {
  let blob: Blob;
  const tenant = randomUUID();
  beforeAll(async () => {
    blob = await open();
  });
  afterAll(() => blob.close());

  test('gives back exactly the bytes it was given, under their SHA-256 [blob.checked]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1_000 }), async (bytes) => {
        const reference = await blob.put(tenant, bytes);
        expect(reference).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
        expect(Buffer.from((await blob.get(tenant, reference.sha256))!).equals(bytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('the same bytes many times at once are one', async () => {
    const bytes = Buffer.from(randomUUID());
    const references = await Promise.all(Array.from({ length: 8 }, () => blob.put(tenant, bytes)));
    expect(new Set(references.map(({ sha256 }) => sha256)).size).toBe(1);
    await blob.delete(tenant, references[0]!.sha256);
    expect(await blob.get(tenant, references[0]!.sha256)).toBeUndefined();
    await blob.delete(tenant, references[0]!.sha256);
  });

  test('a tenant neither reads nor deletes what is of another [blob.checked]', async () => {
    const { sha256 } = await blob.put(tenant, Buffer.from('ours'));
    const other = randomUUID();
    expect(await blob.get(other, sha256)).toBeUndefined();
    await blob.delete(other, sha256);
    expect(await blob.get(tenant, sha256)).toBeDefined();
  });

  test('more than the limit is refused and not stored', async () => {
    const bytes = new Uint8Array(1_001);
    await expect(blob.put(tenant, bytes)).rejects.toMatchObject({ code: 'too_large' });
    expect(await blob.get(tenant, createHash('sha256').update(bytes).digest('hex'))).toBeUndefined();
  });

  test('names that are no tenant or no digest are refused', async () => {
    const sha256 = 'a'.repeat(64);
    for (const bad of ['', '..', '../other', `${tenant}/..`, tenant.toUpperCase(), `${tenant}\n`]) {
      await expect(blob.put(bad, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(blob.get(bad, sha256)).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(blob.delete(bad, sha256)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    for (const bad of ['', '..', `../${sha256}`, 'A'.repeat(64), `${sha256}/x`]) {
      await expect(blob.get(tenant, bad)).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(blob.delete(tenant, bad)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
}
