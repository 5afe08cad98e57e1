import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobContract } from './contract.ts';
import { openFileBlob } from './file.ts';

const maximumBytes = 5_000_000;

describe('blobs as files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-blob-'));
  const tenant = randomUUID();
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const pathOf = (sha256: string): string => join(folder, tenant, sha256.slice(0, 2), sha256);

  blobContract(() => openFileBlob({ folder, maximumBytes }));

  test('altered bytes are noticed, never handed out, and mended by the next put [blob.checked]', async () => {
    const blob = await openFileBlob({ folder, maximumBytes });
    const bytes = Buffer.from('the true bytes');
    const { sha256 } = await blob.put(tenant, bytes);
    await writeFile(pathOf(sha256), 'the false byte');
    await expect(blob.get(tenant, sha256)).rejects.toMatchObject({ code: 'internal' });
    const given: Uint8Array[] = [];
    const reading = async (): Promise<void> => {
      for await (const chunk of (await blob.read(tenant, sha256))!) given.push(chunk);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'internal' });
    expect(given).toEqual([]);
    await blob.put(tenant, bytes);
    expect(await blob.get(tenant, sha256)).toEqual(bytes);
  });

  test('what a crash left unfinished is removed once it is old', async () => {
    const unfinished = join(folder, 'unfinished');
    await writeFile(join(unfinished, 'old'), 'x');
    await writeFile(join(unfinished, 'young'), 'x');
    await utimes(join(unfinished, 'old'), 0, 0);
    await openFileBlob({ folder, maximumBytes });
    expect(await readdir(unfinished)).toEqual(['young']);
  });
});

const small = mkdtempSync(join(tmpdir(), 'devmesh-small-'));
const mounted = mountSmallDisk(small);

describe.skipIf(!mounted)('blobs on a full disk (skipped where a small disk cannot be mounted)', () => {
  let folder: string;
  beforeAll(() => {
    folder = join(small, 'blobs');
    mkdirSync(folder);
  });

  test('a put without space says so, leaves nothing behind, and what was stored stays [database.disk-full]', async () => {
    const blob = await openFileBlob({ folder, maximumBytes });
    const tenant = randomUUID();
    const kept = await blob.put(tenant, randomBytes(100_000));
    await expect(blob.put(tenant, randomBytes(2_000_000))).rejects.toMatchObject({ code: 'disk_full' });
    expect(await readdir(join(folder, 'unfinished'))).toEqual([]);
    expect((await blob.get(tenant, kept.sha256))?.byteLength).toBe(100_000);
    expect((await blob.put(tenant, randomBytes(100_000))).bytes).toBe(100_000);
  });
});

afterAll(() => {
  if (mounted) execFileSync('/bin/umount', [small]);
  rmSync(small, { recursive: true, force: true });
});

function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
