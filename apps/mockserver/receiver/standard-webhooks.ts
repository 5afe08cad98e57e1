import { createHmac, timingSafeEqual } from 'node:crypto';

/** The headers and the raw body of a request that claims to be a Standard Webhook. */
export interface Incoming {
  readonly id: string | undefined;
  /** Unix seconds, as text. */
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly rawBody: Uint8Array;
}

interface Rules {
  /** `whsec_…`; any of them may have signed. */
  readonly secrets: readonly string[];
  /** Unix seconds. */
  readonly now: number;
  readonly toleranceSeconds: number;
}

/** Why a receiver of Standard Webhooks (standardwebhooks.com, v1 signatures) refuses a request; undefined when it is genuine. */
export function refusalOf({ id, timestamp, signature, rawBody }: Incoming, rules: Rules): string | undefined {
  if (id === undefined || timestamp === undefined || signature === undefined) return 'a webhook header is missing';
  if (!/^\d{1,12}$/.test(timestamp)) return 'the timestamp is not a number of seconds';
  if (Math.abs(rules.now - Number(timestamp)) > rules.toleranceSeconds) return 'the timestamp is too far from now';
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBody]);
  const given = signature
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => Buffer.from(part.slice('v1,'.length), 'base64'));
  const genuine = rules.secrets.some((secret) => {
    const expected = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(signed)
      .digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  return genuine ? undefined : 'no signature matches';
}
