import { digestId, readAny } from './body.ts';
import { header } from './header.ts';
import type { Arrival, KindSettings, Webhook } from './kind.ts';
import { requireDeliveryId, requireEvent } from './label.ts';
import { at, checkPlace, nameOf } from './place.ts';

/**
 * Reads a webhook of a sender that only the settings know. Without a place for it the event is `webhook`; the delivery
 * is the digest of the body and of the signed timestamp where there is one, so that a sender of equal bodies must name
 * a delivery id.
 */
export function readGeneric(arrival: Arrival, { event, deliveryId, timestampHeader }: KindSettings): Webhook {
  const { headers, rawBody } = arrival;
  const payload = readAny(arrival);
  const timestamp = timestampHeader === undefined ? '' : (header(headers, timestampHeader) ?? '');
  return {
    event: event === undefined ? 'webhook' : requireEvent(at(event, headers, payload), nameOf(event)),
    deliveryId:
      deliveryId === undefined
        ? digestId(timestamp, rawBody)
        : requireDeliveryId(at(deliveryId, headers, payload), nameOf(deliveryId)),
    payload,
  };
}

/** Throws `invalid_request` unless the places of the settings can hold something. */
export function checkPlaces({ event, deliveryId }: KindSettings): void {
  checkPlace(event, 'event');
  checkPlace(deliveryId, 'deliveryId');
}
