import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Secret } from '@devmesh/foundation';
import { partOf, partsOf } from './name.ts';
import type { Blob } from './port.ts';
import { translateS3Failure, isAbsent, isWorthRepeating } from './s3-failure.ts';
import { openSpool, type Spooled } from './spool.ts';
import { collect, verified } from './verified.ts';

/** Where the bucket is, and as whom it is used. */
export interface S3Options {
  readonly bucket: string;
  /** Of a store that is not AWS's, e.g. `https://minio.internal:9000`; its buckets are addressed by path. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Stands before every key, so that a bucket can be shared. */
  readonly prefix: string;
  /** Absent: AWS's own chain (environment, profile, role of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: Secret } | undefined;
  /** Where contents are measured before they get their names. */
  readonly spoolFolder: string;
  /** The largest content that is taken; one upload each, so at most 5 GB. */
  readonly maximumBytes: number;
}

const uploadAttempts = 3;

/**
 * Blobs as objects `<prefix><tenant>/<aa>/<sha256>` of a bucket. A content is measured on this machine first, because its
 * digest is its name; the store verifies the same digest when it takes the object (`x-amz-checksum-sha256`).
 */
export async function openS3Blob(options: S3Options): Promise<Blob> {
  const { bucket: Bucket, prefix } = options;
  const client = createClient(options);
  const spool = await openSpool({ folder: options.spoolFolder, maximumBytes: options.maximumBytes });
  const at = (tenantId: string, sha256: string) => ({ Bucket, Key: prefix + partsOf(tenantId, sha256).join('/') });
  const read: Blob['read'] = async (tenantId, sha256) => {
    const place = at(tenantId, sha256);
    const answer = await orAbsent(() => client.send(new GetObjectCommand(place)));
    return answer === undefined ? undefined : verified(translated(answer.Body as Readable), sha256);
  };
  return {
    put: async (tenantId, content) => {
      at(tenantId, '0'.repeat(64));
      return spool.with(content, async (spooled) => {
        const { sha256, bytes } = spooled;
        const place = at(tenantId, sha256);
        if (!(await isStored(client, place, spooled))) await upload(client, place, spooled);
        return { sha256, bytes };
      });
    },
    read,
    get: async (tenantId, sha256) => collect(await read(tenantId, sha256)),
    delete: async (tenantId, sha256) => {
      const place = at(tenantId, sha256);
      await orAbsent(() => client.send(new DeleteObjectCommand(place)));
    },
    deleteTenant: async (tenantId) => {
      await deleteBelow(client, Bucket, `${prefix}${partOf(tenantId)}/`);
    },
    ping: async () => {
      await client.send(new HeadBucketCommand({ Bucket })).catch(translateS3Failure);
    },
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

function createClient({ endpoint, region, credentials }: S3Options): S3Client {
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey.open(),
          },
        }),
    maxAttempts: 3,
    // Its warnings would go to the console; every failure reaches the caller as an error.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    // The digest is sent and verified by us; trailers of the newer default are unknown to many other stores.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, socketTimeout: 10_000 },
  });
}

const ignore = (): void => undefined;

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

function checksumOf(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

/** Whether the store has the object with this digest; where it does not tell digests, the object is sent again. */
async function isStored(client: S3Client, place: Place, { sha256, bytes }: Spooled): Promise<boolean> {
  const head = await orAbsent(() => client.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' })));
  return head?.ContentLength === bytes && head.ChecksumSHA256 === checksumOf(sha256);
}

/** The client cannot rewind a stream, so each try reads the file afresh. */
async function upload(client: S3Client, place: Place, { path, sha256, bytes }: Spooled): Promise<void> {
  for (let left = uploadAttempts - 1; ; left -= 1) {
    const body = createReadStream(path);
    try {
      await client.send(
        new PutObjectCommand({
          ...place,
          Body: body,
          ContentLength: bytes,
          ContentType: 'application/octet-stream',
          ChecksumSHA256: checksumOf(sha256),
        }),
      );
      return;
    } catch (error) {
      if (left === 0 || !isWorthRepeating(error)) translateS3Failure(error);
    } finally {
      body.destroy();
    }
  }
}

/** Deletes what stands below a prefix, page by page; each page is the first of what is left. */
async function deleteBelow(client: S3Client, Bucket: string, Prefix: string): Promise<void> {
  for (let more = true; more;) {
    const { Contents = [], IsTruncated = false } = await client
      .send(new ListObjectsV2Command({ Bucket, Prefix }))
      .catch(translateS3Failure);
    for (const { Key } of Contents) await orAbsent(() => client.send(new DeleteObjectCommand({ Bucket, Key })));
    more = IsTruncated;
  }
}

async function orAbsent<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    return translateS3Failure(error);
  }
}

/** A connection that breaks in the middle of an object is the store's failure, not altered bytes. */
async function* translated(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) yield chunk as Buffer;
  } catch (error) {
    translateS3Failure(error);
  }
}
