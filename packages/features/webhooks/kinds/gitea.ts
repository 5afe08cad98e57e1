import { digestId, readJson } from './body.ts';
import { signedBody } from './hmac.ts';
import type { Kind } from './kind.ts';
import { actionOf, deliveryIdOf, requireEvent } from './label.ts';

/** Gitea and Forgejo (docs.gitea.com, "Webhooks"); a redelivery has a new `X-Gitea-Delivery` and is a delivery of its own. */
export const gitea: Kind = selfHosted('Gitea', 'Gitea or Forgejo');

/** Gogs (gogs.io, "Webhooks"), where Gitea comes from. */
export const gogs: Kind = selfHosted('Gogs', 'Gogs');

function selfHosted(name: 'Gitea' | 'Gogs', title: string): Kind {
  return {
    title,
    signature: `\`X-${name}-Signature: <hex>\` is the HMAC-SHA256 of the raw body; no timestamp is signed.`,
    verify: signedBody(`x-${name}-signature`),
    read: (arrival) => {
      const payload = readJson(arrival);
      return {
        event: requireEvent(arrival.headers.get(`x-${name}-event`), `The header X-${name}-Event`),
        ...actionOf(payload['action']),
        deliveryId: deliveryIdOf(arrival.headers.get(`x-${name}-delivery`)) ?? digestId(arrival.rawBody),
        payload,
      };
    },
  };
}
