import type { Secret } from '@devmesh/foundation';
import { readJson } from './body.ts';
import { header } from './header.ts';
import { refuse, requireHmac } from './hmac.ts';
import type { Arrival, Kind, Verification } from './kind.ts';
import { eventOf, requireDeliveryId } from './label.ts';
import { requireRecent } from './timestamp.ts';

const secretPrefix = 'whsec_';

/**
 * Standard Webhooks (standardwebhooks.com, the specification), as Svix and many others sign. The delivery is
 * `webhook-id`, which is signed and which retries keep; the event is `type` of the body, or `message`.
 */
export const standardWebhooks: Kind = {
  title: 'Standard Webhooks',
  signature:
    '`webhook-signature: v1,<base64> v1,<base64>` lists HMAC-SHA256s of `<webhook-id>.<webhook-timestamp>.<raw body>`; the timestamp is signed.',
  verify: verifyStandard,
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: eventOf(payload['type']) ?? 'message',
      deliveryId: requireDeliveryId(arrival.headers.get('webhook-id'), 'The header webhook-id'),
      payload,
    };
  },
};

/** Throws `bad_signature` unless the three headers of Standard Webhooks hold. */
export function verifyStandard({ headers, rawBody }: Arrival, verification: Verification): void {
  const id = header(headers, 'webhook-id');
  if (id === undefined) throw refuse('The header webhook-id is missing.');
  const timestamp = requireRecent(header(headers, 'webhook-timestamp'), verification);
  requireHmac(signaturesOf(headers), {
    secrets: verification.secrets,
    signed: [`${id}.${timestamp}.`, rawBody],
    encoding: 'base64',
    keysOf,
  });
}

function signaturesOf(headers: Headers): readonly string[] {
  const list = header(headers, 'webhook-signature')?.split(' ') ?? [];
  const pairs = list.map((entry) => /^(v[0-9]+[a-z]?),([A-Za-z0-9+/=]+)$/u.exec(entry));
  if (pairs.includes(null)) throw refuse('The header webhook-signature is not a list of signatures.');
  return pairs.flatMap((pair) => (pair?.[1] === 'v1' ? [pair[2] ?? ''] : []));
}

/**
 * After `whsec_` the key stands in base64, and what is not base64 there is no key. Without it the libraries of senders
 * read base64 as well, and others take the text as it is: either holds.
 */
function keysOf(secret: Secret): readonly Uint8Array[] {
  const text = secret.open();
  const isPrefixed = text.startsWith(secretPrefix);
  const encoded = isPrefixed ? text.slice(secretPrefix.length) : text;
  const decoded = /^[A-Za-z0-9+/]+={0,2}$/u.test(encoded) ? [Buffer.from(encoded, 'base64')] : [];
  return isPrefixed ? decoded : [Buffer.from(text), ...decoded];
}
