import { digestId, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf, deliveryIdOf, requireEvent } from './label.ts';

/**
 * Sentry (docs.sentry.io, "Integration Platform: Webhooks"), signed with the client secret of an integration. The
 * delivery is `Request-ID`; `Sentry-Hook-Timestamp` is not signed and proves nothing.
 */
export const sentry: Kind = {
  title: 'Sentry',
  signature: '`Sentry-Hook-Signature: <hex>` is the HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: signedBody('sentry-hook-signature'),
  read: (arrival) => {
    const { headers, rawBody } = arrival;
    const payload = readJson(arrival);
    return {
      event: requireEvent(headers.get('sentry-hook-resource'), 'The header Sentry-Hook-Resource'),
      ...actionOf(payload['action']),
      deliveryId: deliveryIdOf(headers.get('request-id')) ?? digestId(rawBody),
      payload,
    };
  },
};
