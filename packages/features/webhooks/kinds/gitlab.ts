import { digestId, member, readJson } from './body.ts';
import { header, headerBytes } from './header.ts';
import { requireToken } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf, deliveryIdOf, requireEvent } from './label.ts';
import { verifyStandard } from './standard-webhooks.ts';

/**
 * GitLab (docs.gitlab.com, "Webhooks": secret token, signing token, delivery headers). Where it signs, the signature
 * decides and no token makes up for it. The delivery is `webhook-id`, or `Idempotency-Key`, which retries keep; before
 * 17.4 the digest of `X-Gitlab-Event-UUID` and the body, since hooks that set off each other share that UUID.
 */
export const gitlab: Kind = {
  title: 'GitLab',
  signature:
    '`X-Gitlab-Token` is the secret itself; with a signing token, `webhook-signature: v1,<base64>` is the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<raw body>`, timestamp included.',
  verify: (arrival, verification) => {
    if (arrival.headers.has('webhook-signature')) verifyStandard(arrival, verification);
    else requireToken(headerBytes(header(arrival.headers, 'x-gitlab-token')), verification.secrets);
  },
  read: (arrival) => {
    const { headers, rawBody } = arrival;
    const payload = readJson(arrival);
    const eventUuid = headers.get('x-gitlab-event-uuid') ?? '';
    return {
      event: requireEvent(headers.get('x-gitlab-event'), 'The header X-Gitlab-Event'),
      ...actionOf(member(payload['object_attributes'], 'action') ?? payload['event_name']),
      deliveryId:
        deliveryIdOf(headers.get('webhook-id')) ??
        deliveryIdOf(headers.get('idempotency-key')) ??
        digestId(eventUuid, rawBody),
      payload,
    };
  },
};
