import { createHash } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isSigned, type AwsKey } from '../aws-signature.ts';

/** The credentials that the imitated store accepts. */
export const mockS3Key: AwsKey = { accessKeyId: 'MOCKACCESSKEY', secretAccessKey: 'mock-secret-access-key' };

/** The one bucket there is. */
export const mockS3Bucket = 'mesh';

interface StoredObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksum: string | undefined;
}

const maximumBytes = 16 * 1024 * 1024;
const maximumObjects = 1_000;
// Small, so that a client must page.
const listedAtOnce = 2;

/** Objects of one bucket addressed by path: as much of the S3 API as storing, reading, listing and deleting whole objects takes. */
export function s3Routes(): Hono {
  const objects = new Map<string, StoredObject>();
  const app = new Hono();
  app.use(bodyLimit({ maxSize: maximumBytes, onError: () => failure(400, 'EntityTooLarge') }));
  app.all('/*', async (c) => {
    const payload = c.req.header('x-amz-content-sha256') ?? '';
    if (!isSigned(c.req.raw, { key: mockS3Key, service: 's3', payload })) return failure(403, 'SignatureDoesNotMatch');
    const [, bucket, key] = /\/s3\/([^/]+)\/?(.*)$/u.exec(new URL(c.req.url).pathname) ?? [];
    if (bucket !== mockS3Bucket) return failure(404, 'NoSuchBucket');
    if (key === undefined || key === '')
      return c.req.query('list-type') === '2' ? list(objects, c) : new Response(null);
    if (c.req.method === 'PUT') return put(objects, key, c);
    if (c.req.method === 'DELETE') {
      objects.delete(key);
      return new Response(null, { status: 204 });
    }
    return get(objects, key);
  });
  return app;
}

async function put(objects: Map<string, StoredObject>, key: string, c: Context): Promise<Response> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  const given = c.req.header('x-amz-checksum-sha256');
  if (given !== undefined && given !== createHash('sha256').update(bytes).digest('base64')) {
    return failure(400, 'BadDigest');
  }
  if (objects.size >= maximumObjects) return failure(503, 'SlowDown');
  objects.set(key, { bytes, checksum: given });
  return new Response(null, { headers: { etag: `"${createHash('md5').update(bytes).digest('hex')}"` } });
}

function get(objects: Map<string, StoredObject>, key: string): Response {
  const stored = objects.get(key);
  if (stored === undefined) return failure(404, 'NoSuchKey');
  const headers = new Headers({ 'content-length': String(stored.bytes.byteLength) });
  if (stored.checksum !== undefined) headers.set('x-amz-checksum-sha256', stored.checksum);
  return new Response(stored.bytes, { headers });
}

/** The first objects below a prefix; their keys need no escapes. */
function list(objects: ReadonlyMap<string, StoredObject>, c: Context): Response {
  const prefix = c.req.query('prefix') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
  const contents = keys.slice(0, listedAtOnce).map((key) => `<Contents><Key>${key}</Key></Contents>`);
  const truncated = `<IsTruncated>${String(keys.length > listedAtOnce)}</IsTruncated>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${truncated}${contents.join('')}</ListBucketResult>`;
  return new Response(body, { headers: { 'content-type': 'application/xml' } });
}

function failure(status: 400 | 403 | 404 | 503, code: string): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return new Response(body, { status, headers: { 'content-type': 'application/xml' } });
}
