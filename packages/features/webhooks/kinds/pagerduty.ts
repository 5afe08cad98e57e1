import { digestId, member, readJson } from './body.ts';
import { header, valuesOf } from './header.ts';
import { requireHmac } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, requireEvent } from './label.ts';

/**
 * PagerDuty V3 (developer.pagerduty.com, "Verifying Signatures"): one signature for each secret of the subscription.
 * The delivery is `event.id`, which retries keep.
 */
export const pagerduty: Kind = {
  title: 'PagerDuty',
  signature:
    '`X-PagerDuty-Signature: v1=<hex>,v1=<hex>` lists HMAC-SHA256s of the raw body; one must match; no timestamp is signed.',
  verify: ({ headers, rawBody }, { secrets }) => {
    const given = valuesOf('v1', header(headers, 'x-pagerduty-signature'));
    requireHmac(given, { secrets, signed: [rawBody] });
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    const event = payload['event'];
    return {
      event: requireEvent(member(event, 'event_type'), 'event.event_type'),
      deliveryId: deliveryIdOf(member(event, 'id')) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};
