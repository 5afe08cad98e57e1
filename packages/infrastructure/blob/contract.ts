import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Blob } from './port.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** What every blob store must keep; `open` gives one that takes at most 5,000,000 bytes. */
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

  test('streams in and out what it never holds as a whole, under the same name as in one piece [blob.checked]', async () => {
    const bytes = randomBytes(4_500_000);
    const reference = await blob.put(tenant, chunksOf(bytes, 100_001));
    expect(reference).toEqual(await blob.put(tenant, bytes));
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await blob.read(tenant, reference.sha256))!) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(await blob.read(randomUUID(), reference.sha256)).toBeUndefined();
  });

  test('a stream that fails on its way in leaves nothing, and its own error', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunksOf(Buffer.from('some'), 2);
      throw new MeshError('upstream_failed', 'The upstream broke off.');
    };
    await expect(blob.put(tenant, failing())).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(await blob.get(tenant, createHash('sha256').update('some').digest('hex'))).toBeUndefined();
  });

  test('says that it answers', async () => {
    await expect(blob.ping()).resolves.toBeUndefined();
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
    const bytes = new Uint8Array(5_000_001);
    await expect(blob.put(tenant, bytes)).rejects.toMatchObject({ code: 'too_large' });
    await expect(blob.put(tenant, chunksOf(bytes, 1_000_000))).rejects.toMatchObject({ code: 'too_large' });
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

  test('everything of a tenant goes at once, and nothing of another', async () => {
    const [leaving, staying] = [randomUUID(), randomUUID()];
    const own = await Promise.all(['one', 'two', 'three'].map((text) => blob.put(leaving, Buffer.from(text))));
    const { sha256 } = await blob.put(staying, Buffer.from('one'));
    await blob.deleteTenant(leaving);
    for (const each of own) expect(await blob.get(leaving, each.sha256)).toBeUndefined();
    expect(Buffer.from((await blob.get(staying, sha256))!).toString()).toBe('one');
    await expect(blob.deleteTenant(leaving)).resolves.toBeUndefined();
    for (const bad of ['', '..', staying.slice(0, 8)]) {
      await expect(blob.deleteTenant(bad)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
}
