import { basicPassword } from './authorization.ts';
import { digestId, readJson } from './body.ts';
import { requireToken } from './hmac.ts';
import type { Kind } from './kind.ts';
import { deliveryIdOf, requireEvent } from './label.ts';

/**
 * Azure DevOps service hooks (learn.microsoft.com, "Webhooks with Azure DevOps"), which know no signature. The delivery
 * is the event's `id`.
 */
export const azureDevops: Kind = {
  title: 'Azure DevOps',
  signature: '`Authorization: Basic` carries the secret as its password, with any user name; nothing is signed.',
  verify: ({ headers }, { secrets }) => {
    requireToken(basicPassword(headers), secrets);
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    return {
      event: requireEvent(payload['eventType'], 'eventType'),
      deliveryId: deliveryIdOf(payload['id']) ?? digestId(arrival.rawBody),
      payload,
    };
  },
};
