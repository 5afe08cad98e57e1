import { verify } from 'node:crypto';
import type { Clock } from '@devmesh/foundation';
import { OAuthFailure } from './authorization-server.ts';

/** What a good assertion says. */
export interface Assertion {
  readonly issuer: string;
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
}

interface Checking {
  readonly clock: Clock;
  readonly audiences: readonly string[];
  /** The key of an issuer, in PEM. */
  readonly keyOf: (issuer: string) => string | undefined;
}

const longestSeconds = 600;

/** Checks a JWT assertion (RFC 7523): RS256 or ES256, signed by the key of its issuer, for us, in its time. */
export function checkAssertion(text: string, checking: Checking): Assertion {
  const [header, payload, signature] = text.split('.');
  const claims = parsed(payload);
  const issuer = textOf(claims['iss']) ?? '';
  const signed = Buffer.from(`${header ?? ''}.${payload ?? ''}`);
  const genuine = isGenuine(textOf(parsed(header)['alg']), checking.keyOf(issuer), { signed, signature });
  if (!genuine || !isForNow(claims, checking)) throw new OAuthFailure('invalid_grant');
  const scopes = (textOf(claims['scope']) ?? '').split(' ').filter((part) => part !== '');
  return { issuer, subject: textOf(claims['sub']), scopes };
}

interface Signed {
  readonly signed: Buffer;
  readonly signature: string | undefined;
}

function isGenuine(algorithm: string | undefined, key: string | undefined, { signed, signature }: Signed): boolean {
  if (key === undefined || signature === undefined) return false;
  if (algorithm !== 'ES256' && algorithm !== 'RS256') return false;
  const options = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
  return verify('sha256', signed, options, Buffer.from(signature, 'base64url'));
}

function isForNow(claims: Record<string, unknown>, { clock, audiences }: Checking): boolean {
  const now = clock.now() / 1000;
  const [issuedAt, endsAt] = [Number(claims['iat']), Number(claims['exp'])];
  const timely = issuedAt <= now + 5 && endsAt > now && endsAt - issuedAt <= longestSeconds;
  return timely && audiences.includes(textOf(claims['aud']) ?? '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parsed(part: string | undefined): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new OAuthFailure('invalid_grant');
  }
}
