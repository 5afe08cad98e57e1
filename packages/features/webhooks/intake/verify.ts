import { MeshError } from '@devmesh/foundation';
import { kinds } from '../kinds/index.ts';
import type { Arrival, Kind, Webhook } from '../kinds/kind.ts';
import type { OpenSource } from './source-loader.ts';

/**
 * Reads an arrival that a source with one of these secrets signed. Throws `bad_signature`, `invalid_state` for a disabled
 * source, `unavailable` for one that cannot be verified here, and as the kind does for what it cannot read.
 */
export function verify({ row, secrets }: OpenSource, arrival: Arrival, now: number): Webhook {
  if (!row.enabled) throw new MeshError('invalid_state', 'This webhook source is disabled.');
  // A newer version of the product may know more kinds.
  const kind: Kind | undefined = Object.hasOwn(kinds, row.kind) ? kinds[row.kind] : undefined;
  if (secrets === undefined || kind === undefined) {
    const retryAfterSeconds = 60;
    throw new MeshError('unavailable', 'This webhook source cannot be verified here now.', { retryAfterSeconds });
  }
  const inGrace = row.previousSecretUntil !== null && now < row.previousSecretUntil.getTime();
  kind.verify(arrival, {
    secrets: inGrace && secrets.previous !== undefined ? [secrets.present, secrets.previous] : [secrets.present],
    now,
    toleranceSeconds: row.toleranceSeconds,
    settings: row.settings,
  });
  const webhook = kind.read(arrival, row.settings);
  requireStorable(webhook.event, 'event');
  requireStorable(webhook.deliveryId, 'delivery id');
  if (webhook.action !== undefined) requireStorable(webhook.action, 'action');
  return webhook;
}

const longest = { event: 100, action: 100, 'delivery id': 200 } as const;

/** PostgreSQL stores no U+0000 and no half of a character, and the columns have a length. */
function requireStorable(text: string, what: keyof typeof longest): void {
  const characters = text.length === 0 || text.length > longest[what];
  if (!characters && !/[\0\p{Surrogate}]/u.test(text)) return;
  const sentence = `The ${what} must have 1 to ${String(longest[what])} characters of well-formed text.`;
  throw new MeshError('invalid_request', sentence);
}
