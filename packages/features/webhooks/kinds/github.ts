import { actionOf, readJson, requireDeliveryId, requireEvent } from './body.ts';
import { requireHmac } from './hmac.ts';
import { header, withoutPrefix } from './header.ts';
import type { Kind } from './kind.ts';

/**
 * GitHub (docs.github.com, "Validating webhook deliveries" and "Webhook events and payloads"). A redelivery keeps its
 * `X-GitHub-Delivery`.
 */
export const github: Kind = {
  title: 'GitHub',
  signature: '`X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: ({ headers, rawBody }, { secrets }) => {
    requireHmac(withoutPrefix('sha256=', header(headers, 'x-hub-signature-256')), { secrets, signed: [rawBody] });
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: requireEvent(arrival.headers.get('x-github-event'), 'The header X-GitHub-Event'),
      ...actionOf(payload['action']),
      deliveryId: requireDeliveryId(arrival.headers.get('x-github-delivery'), 'The header X-GitHub-Delivery'),
      payload,
    };
  },
};
