import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, silentTelemetry } from '@devmesh/foundation';
import { createMockserver, mockS3Bucket, mockS3Key } from '@devmesh/mockserver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobContract } from './contract.ts';
import { openS3Blob, type S3Options } from './s3.ts';

describe('blobs in a bucket [blob.s3]', () => {
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-s3-'));
  const mock = createMockserver({ port: 0, log: silentTelemetry.log });
  const tenant = randomUUID();
  beforeAll(() => mock.start());
  afterAll(async () => {
    await mock.stop();
    rmSync(folder, { recursive: true });
  });

  const open = (more: Partial<S3Options> = {}) =>
    openS3Blob({
      bucket: mockS3Bucket,
      endpoint: `${mock.url()}/s3`,
      region: 'eu-central-1',
      prefix: 'mesh/',
      credentials: {
        accessKeyId: mockS3Key.accessKeyId,
        secretAccessKey: new Secret(mockS3Key.secretAccessKey),
      },
      spoolFolder: folder,
      maximumBytes: 5_000_000,
      ...more,
    });
  const failing = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'it did not fail',
      (error: unknown) => String(error),
    );

  blobContract(open);

  test('objects that were altered in the bucket are noticed and never handed out [blob.checked]', async () => {
    const blob = await open();
    const honest = await blob.put(tenant, Buffer.from('the true bytes'));
    const place = `${mock.url()}/s3/${mockS3Bucket}/mesh/${tenant}/${honest.sha256.slice(0, 2)}/${honest.sha256}`;
    await overwrite(place, 'the false byte');
    await expect(blob.get(tenant, honest.sha256)).rejects.toMatchObject({ code: 'internal' });
    await blob.put(tenant, Buffer.from('the true bytes'));
    expect(Buffer.from((await blob.get(tenant, honest.sha256))!).toString()).toBe('the true bytes');
  });

  test('keeps nothing on this machine of what it stored or refused', async () => {
    const blob = await open({ maximumBytes: 10 });
    await blob.put(tenant, Buffer.from('short'));
    await expect(blob.put(tenant, Buffer.from('longer than ten'))).rejects.toMatchObject({ code: 'too_large' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('tells a wrong secret, a missing bucket and a store that is away apart, and shows no secret', async () => {
    const secretAccessKey = new Secret('a-wrong-secret-key');
    const wrong = await open({ credentials: { accessKeyId: mockS3Key.accessKeyId, secretAccessKey } });
    const missing = await open({ bucket: 'nothing-here' });
    const away = await open({ endpoint: 'http://127.0.0.1:1' });
    expect(await failing(wrong.put(tenant, Buffer.from('x')))).toMatch(/refuses these credentials/u);
    expect(await failing(wrong.get(tenant, 'a'.repeat(64)))).toMatch(/refuses these credentials/u);
    expect(await failing(wrong.ping())).not.toContain('a-wrong-secret-key');
    expect(await failing(missing.put(tenant, Buffer.from('x')))).toMatch(/S3_BUCKET does not exist/u);
    expect(await failing(missing.get(tenant, 'a'.repeat(64)))).toMatch(/S3_BUCKET does not exist/u);
    await expect(away.ping()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(away.get(tenant, 'a'.repeat(64))).rejects.toMatchObject({ code: 'unavailable' });
  });

  /** Puts other bytes under the same key, as somebody with access to the bucket could. */
  const overwrite = async (place: string, text: string): Promise<void> => {
    const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const client = new S3Client({
      endpoint: `${mock.url()}/s3`,
      forcePathStyle: true,
      region: 'eu-central-1',
      credentials: mockS3Key,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    const Key = new URL(place).pathname.replace(`/s3/${mockS3Bucket}/`, '');
    const ChecksumSHA256 = createHash('sha256').update(text).digest('base64');
    await client.send(new PutObjectCommand({ Bucket: mockS3Bucket, Key, Body: text, ChecksumSHA256 }));
    client.destroy();
  };
});
