import { digestId, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, requireEvent } from './label.ts';

/**
 * Bitbucket Cloud and Data Center (support.atlassian.com, "Manage webhooks" and "Secure webhooks"). The delivery is
 * `X-Request-UUID` of the Cloud, `X-Request-Id` of the Data Center.
 */
export const bitbucket: Kind = {
  title: 'Bitbucket',
  signature: '`X-Hub-Signature: sha256=<hex>` is the HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: signedBody('x-hub-signature', 'sha256='),
  read: (arrival) => {
    const { headers, rawBody } = arrival;
    const payload = readJson(arrival);
    return {
      event: requireEvent(headers.get('x-event-key'), 'The header X-Event-Key'),
      deliveryId:
        deliveryIdOf(headers.get('x-request-uuid')) ?? deliveryIdOf(headers.get('x-request-id')) ?? digestId(rawBody),
      payload,
    };
  },
};
