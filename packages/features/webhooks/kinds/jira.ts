import { digestId, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf, deliveryIdOf, requireEvent } from './label.ts';

/**
 * Jira (developer.atlassian.com, Jira platform "Webhooks": secured by a secret as of WebSub). A retry keeps its
 * `X-Atlassian-Webhook-Identifier`.
 */
export const jira: Kind = {
  title: 'Jira',
  signature: '`X-Hub-Signature: sha256=<hex>` is the HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: signedBody('x-hub-signature', 'sha256='),
  read: (arrival) => {
    const payload = readJson(arrival);
    const identifier = arrival.headers.get('x-atlassian-webhook-identifier');
    return {
      event: requireEvent(payload['webhookEvent'], 'webhookEvent'),
      ...actionOf(payload['issue_event_type_name']),
      deliveryId: deliveryIdOf(identifier) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};
