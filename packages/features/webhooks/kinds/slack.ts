import { digestId, isForm, member, readForm, readFormPayload, readJson, type Payload } from './body.ts';
import { header, withoutPrefix } from './header.ts';
import { requireHmac } from './hmac.ts';
import type { Arrival, Kind, Webhook } from './kind.ts';
import { actionOf, deliveryIdOf, eventOf, requireEvent } from './label.ts';
import { requireRecent } from './timestamp.ts';

/**
 * Slack (docs.slack.dev, "Verifying requests from Slack", "Events API", "Slash commands", "Handling user interaction").
 * The delivery is `event_id`, which retries keep; commands and interactions, which are sent once and carry an id of
 * their own inside, go by the digest of the body.
 */
export const slack: Kind = {
  title: 'Slack',
  signature:
    '`X-Slack-Signature: v0=<hex>` is the HMAC-SHA256 of `v0:<X-Slack-Request-Timestamp>:<raw body>`; the timestamp is signed.',
  verify: ({ headers, rawBody }, verification) => {
    const timestamp = requireRecent(header(headers, 'x-slack-request-timestamp'), verification);
    const given = withoutPrefix('v0=', header(headers, 'x-slack-signature'));
    requireHmac(given, { secrets: verification.secrets, signed: [`v0:${timestamp}:`, rawBody] });
  },
  read: (arrival) => (isForm(arrival) ? readFilled(arrival) : readEvent(arrival)),
};

function readEvent(arrival: Arrival): Webhook {
  const payload = readJson(arrival);
  const event = payload['event'];
  const webhook = {
    event: requireEvent(eventOf(member(event, 'type')) ?? payload['type'], 'event.type'),
    ...actionOf(member(event, 'subtype')),
    deliveryId: deliveryIdOf(payload['event_id']) ?? digestId(arrival.rawBody),
    payload,
  };
  if (payload['type'] !== 'url_verification') return webhook;
  return { ...webhook, handshake: { challenge: payload['challenge'] } };
}

function readFilled(arrival: Arrival): Webhook {
  const fields = readForm(arrival);
  const deliveryId = digestId(arrival.rawBody);
  if (fields['payload'] !== undefined) return { ...readInteraction(readFormPayload(arrival)), deliveryId };
  const command = { event: 'slash_command', ...actionOf(fields['command']), deliveryId, payload: fields };
  return fields['ssl_check'] === '1' ? { ...command, handshake: {} } : command;
}

function readInteraction(payload: Payload): Omit<Webhook, 'deliveryId'> {
  const actions = payload['actions'];
  const first: unknown = Array.isArray(actions) ? actions[0] : undefined;
  const action = payload['callback_id'] ?? member(first, 'action_id') ?? member(payload['view'], 'callback_id');
  return { event: requireEvent(payload['type'], 'type'), ...actionOf(action), payload };
}
