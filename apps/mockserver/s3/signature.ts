import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Who may use the imitated store. */
export interface S3Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const shape =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/u;

/** Whether a request carries a right Signature Version 4 of the key ("Authenticating Requests", Amazon S3 API reference). */
export function isSigned(request: Request, key: S3Key): boolean {
  const [, accessKeyId, day, region, names, signature] = shape.exec(request.headers.get('authorization') ?? '') ?? [];
  const at = request.headers.get('x-amz-date') ?? '';
  if (accessKeyId !== key.accessKeyId || day === undefined || region === undefined || names === undefined) return false;
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonicalRequest(request, names))].join('\n');
  const signingKey = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${key.secretAccessKey}`,
  );
  return timingSafeEqual(Buffer.from(signature ?? '', 'hex'), hmac(signingKey, text));
}

function canonicalRequest(request: Request, names: string): string {
  const url = new URL(request.url);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const headers = names.split(';').map((name) => `${name}:${(request.headers.get(name) ?? '').trim()}\n`);
  const payload = request.headers.get('x-amz-content-sha256') ?? '';
  return [request.method, url.pathname, query, headers.join(''), names, payload].join('\n');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
