import { basicPassword } from './authorization.ts';
import { digestId, readAny } from './body.ts';
import { header, headerBytes } from './header.ts';
import { requireToken } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, eventOf } from './label.ts';

/**
 * Datadog (docs.datadoghq.com, "Webhooks" integration), which signs nothing: a custom header or the user and password in
 * its URL prove who sends. The event is `event_type` of the default payload, or `alert`; the delivery is its `id`, or
 * the digest of a payload without one.
 */
export const datadog: Kind = {
  title: 'Datadog',
  signature:
    '`X-Webhook-Token` (a custom header) is the secret, or `Authorization: Basic` carries it as its password; nothing is signed.',
  verify: ({ headers }, { secrets }) => {
    const token = headerBytes(header(headers, 'x-webhook-token'));
    requireToken(token ?? basicPassword(headers), secrets);
  },
  read: (arrival) => {
    const payload = readAny(arrival);
    return {
      event: eventOf(payload['event_type']) ?? 'alert',
      deliveryId: deliveryIdOf(payload['id']) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};
