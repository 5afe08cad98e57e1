import { createHash, createHmac, type BinaryLike } from 'node:crypto';

/** Who signs, for which part of which service of AWS. */
export interface SigningIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: string;
}

/** A request exactly as it is going to be sent. */
export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** The headers that AWS Signature Version 4 adds to a request that is sent at the given time. */
export function signV4(
  request: SignableRequest,
  identity: SigningIdentity,
  milliseconds: number,
): Readonly<Record<string, string>> {
  const date = new Date(milliseconds).toISOString().replaceAll(/[:-]|\.\d{3}/gu, '');
  const payload = sha256(request.body ?? '');
  const added: Record<string, string> = {
    'x-amz-date': date,
    ...(identity.sessionToken === undefined ? {} : { 'x-amz-security-token': identity.sessionToken }),
    // Storage refuses requests that do not tell the digest of their body.
    ...(isStorage(identity) ? { 'x-amz-content-sha256': payload } : {}),
  };
  const signed = signedHeaders(request, added);
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.url, identity),
    canonicalQuery(request.url),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    payload,
  ].join('\n');
  const scope = `${date.slice(0, 8)}/${identity.region}/${identity.service}/aws4_request`;
  const toSign = [algorithm, date, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(identity, date.slice(0, 8)), toSign).toString('hex');
  const authorization = `${algorithm} Credential=${identity.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...added, authorization };
}

function signedHeaders(
  { url, headers }: SignableRequest,
  added: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  const present = Object.entries({ ...headers, ...added, host: new URL(url).host });
  return present
    .filter(([name]) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
    .map(([name, value]): readonly [string, string] => [name, value.trim().replaceAll(/ {2,}/gu, ' ')])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The path as it is sent, each segment encoded once more: that is what all services but storage check. */
function canonicalPath(url: string, identity: SigningIdentity): string {
  const { pathname } = new URL(url);
  if (isStorage(identity))
    return pathname
      .split('/')
      .map((segment) => encode(decoded(segment)))
      .join('/');
  return pathname
    .replaceAll(/\/{2,}/gu, '/')
    .split('/')
    .map(encode)
    .join('/');
}

function canonicalQuery(url: string): string {
  const { search } = new URL(url);
  return search
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [encode(decoded(name)), encode(decoded(value.join('=')))] as const;
    })
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign stands for itself.
    return text;
  }
}

/** RFC 3986: everything but its unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey({ secretAccessKey, region, service }: SigningIdentity, day: string): Buffer {
  return [day, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secretAccessKey}`, 'utf8'),
  );
}

function isStorage({ service }: SigningIdentity): boolean {
  return service === 's3';
}

function sha256(content: BinaryLike): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
