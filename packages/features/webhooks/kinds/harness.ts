import { digestId, member, readJson, type Payload } from './body.ts';
import { header, headerBytes, withoutPrefix } from './header.ts';
import { requireHmac, requireToken } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, eventOf } from './label.ts';

/**
 * Harness. Its code repositories sign as `X-Harness-Signature` (`X-Gitness-Signature` from its open-source server) and
 * name the event in `X-Harness-Trigger` (developer.harness.io, "Repositories: Webhooks"; harness/gitness, webhook
 * service). Notifications of pipelines sign nothing: there the secret is a header that one adds. Only CDEvents have an
 * id; of the others equal bodies are one delivery.
 */
export const harness: Kind = {
  title: 'Harness',
  signature:
    '`X-Harness-Signature: <hex>` is the HMAC-SHA256 of the raw body; where it is absent `X-Harness-Webhook-Token` is the secret; no timestamp is signed.',
  verify: ({ headers, rawBody }, { secrets }) => {
    if (headers.has('x-harness-signature') || headers.has('x-gitness-signature')) {
      const given = header(headers, 'x-harness-signature') ?? header(headers, 'x-gitness-signature');
      requireHmac(withoutPrefix('', given), { secrets, signed: [rawBody] });
    } else requireToken(headerBytes(header(headers, 'x-harness-webhook-token')), secrets);
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: eventName(arrival.headers, payload),
      deliveryId: deliveryIdOf(member(payload['context'], 'id')) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};

function eventName(headers: Headers, payload: Payload): string {
  const candidates = [
    headers.get('x-harness-trigger'),
    headers.get('x-gitness-trigger'),
    payload['trigger'],
    payload['eventType'],
    member(payload['eventData'], 'eventType'),
    member(payload['context'], 'type'),
  ];
  return candidates.map(eventOf).find((name) => name !== undefined) ?? 'notification';
}
