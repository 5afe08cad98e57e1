import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Who may use the imitated services. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Expectation {
  readonly key: AwsKey;
  /** As the scope of a signature names it, e.g. `s3`. */
  readonly service: string;
  /** The SHA-256 of the body in hex, as the signature must have it. */
  readonly payload: string;
}

const shape =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/u;

/** Whether a request carries a right Signature Version 4 of the key ("AWS Signature Version 4 for API requests", IAM user guide). */
export function isSigned(request: Request, { key, service, payload }: Expectation): boolean {
  const [, accessKeyId, day, region, scoped, names, signature] =
    shape.exec(request.headers.get('authorization') ?? '') ?? [];
  const at = request.headers.get('x-amz-date') ?? '';
  if (accessKeyId !== key.accessKeyId || scoped !== service) return false;
  if (day === undefined || region === undefined || names === undefined || !at.startsWith(day)) return false;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonicalRequest(request, names, payload))].join('\n');
  const signingKey = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${key.secretAccessKey}`,
  );
  return timingSafeEqual(Buffer.from(signature ?? '', 'hex'), hmac(signingKey, text));
}

function canonicalRequest(request: Request, names: string, payload: string): string {
  const url = new URL(request.url);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&');
  const headers = names.split(';').map((name) => `${name}:${(request.headers.get(name) ?? '').trim()}\n`);
  return [request.method, url.pathname, query, headers.join(''), names, payload].join('\n');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** In hex. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
