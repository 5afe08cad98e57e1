import { digestId, member, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf } from './label.ts';

/**
 * SonarQube Server and Cloud (docs.sonarsource.com, "Webhooks"). There is one event, `analysis`, whose action is the
 * status of the quality gate. It gives no delivery id; its bodies carry the time and the task, so their digest is one.
 */
export const sonarqube: Kind = {
  title: 'SonarQube',
  signature: '`X-Sonar-Webhook-HMAC-SHA256: <hex>` is the HMAC-SHA256 of the raw body; no timestamp is signed.',
  verify: signedBody('x-sonar-webhook-hmac-sha256'),
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: 'analysis',
      ...actionOf(member(payload['qualityGate'], 'status')),
      deliveryId: digestId(arrival.rawBody),
      payload,
    };
  },
};
