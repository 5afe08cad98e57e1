import { digestId, readJson } from './body.ts';
import { header, headerBytes, withoutPrefix } from './header.ts';
import { hmacHolds, refuse, tokenHolds } from './hmac.ts';
import type { Kind } from './kind.ts';
import { requireEvent } from './label.ts';

/**
 * JFrog Artifactory, Xray and Distribution (docs.jfrog.com, "Webhooks": secret token, "use secret for payload signing").
 * The event is `<domain>.<event_type>`, e.g. `artifact.deployed`. There is no delivery id: equal bodies are one delivery.
 */
export const artifactory: Kind = {
  title: 'JFrog Artifactory',
  signature:
    '`X-JFrog-Event-Auth` is the hex HMAC-SHA256 of the raw body, or the secret itself where payload signing is off; no timestamp is signed.',
  verify: ({ headers, rawBody }, { secrets }) => {
    const given = header(headers, 'x-jfrog-event-auth');
    const isToken = tokenHolds(headerBytes(given), secrets);
    const isSignature = hmacHolds(withoutPrefix('', given), { secrets, signed: [rawBody] });
    if (!isToken && !isSignature)
      throw refuse('X-JFrog-Event-Auth is missing, or is neither a signature nor the token.');
  },
  read: (arrival) => {
    const payload = readJson(arrival);
    const domain = requireEvent(payload['domain'], 'domain');
    return {
      event: requireEvent(`${domain}.${requireEvent(payload['event_type'], 'event_type')}`, 'domain and event_type'),
      deliveryId: digestId(arrival.rawBody),
      payload,
    };
  },
};
