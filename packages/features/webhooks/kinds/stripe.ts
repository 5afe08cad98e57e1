import { digestId, readJson } from './body.ts';
import { header, valuesOf } from './header.ts';
import { refuse, requireHmac } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, requireEvent } from './label.ts';
import { requireRecent } from './timestamp.ts';

/**
 * Stripe (docs.stripe.com/webhooks, "Verify webhook signatures manually"): several `v1` while its secret is rolled.
 * The delivery is the event's `id`: each try is signed anew, with a new timestamp.
 */
export const stripe: Kind = {
  title: 'Stripe',
  signature:
    '`Stripe-Signature: t=<seconds>,v1=<hex>` is the HMAC-SHA256 of `<t>.<raw body>`; the timestamp is signed.',
  verify: ({ headers, rawBody }, verification) => {
    const list = header(headers, 'stripe-signature');
    const times = valuesOf('t', list);
    if (times.length !== 1) throw refuse('Stripe-Signature must have one timestamp.');
    const timestamp = requireRecent(times[0], verification);
    requireHmac(valuesOf('v1', list), { secrets: verification.secrets, signed: [`${timestamp}.`, rawBody] });
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: requireEvent(payload['type'], 'type'),
      deliveryId: deliveryIdOf(payload['id']) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};
