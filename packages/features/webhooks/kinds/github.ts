import { isForm, readFormPayload, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf, requireDeliveryId, requireEvent } from './label.ts';

/**
 * GitHub (docs.github.com, "Validating webhook deliveries" and "Webhook events and payloads"): JSON, or a form with the
 * JSON in `payload`. A redelivery keeps its `X-GitHub-Delivery`.
 */
export const github: Kind = {
  title: 'GitHub',
  signature: '`X-Hub-Signature-256: sha256=<hex>` is the HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: signedBody('x-hub-signature-256', 'sha256='),
  read: (arrival) => {
    const payload = isForm(arrival) ? readFormPayload(arrival) : readJson(arrival);
    return {
      event: requireEvent(arrival.headers.get('x-github-event'), 'The header X-GitHub-Event'),
      ...actionOf(payload['action']),
      deliveryId: requireDeliveryId(arrival.headers.get('x-github-delivery'), 'The header X-GitHub-Delivery'),
      payload,
    };
  },
};
