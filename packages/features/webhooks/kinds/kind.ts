import type { Secret } from '@devmesh/foundation';

/** A webhook as it arrived. */
export interface Arrival {
  readonly headers: Headers;
  /** The exact bytes that were signed. */
  readonly rawBody: Uint8Array;
}

/** What a sender's headers tell of a webhook. */
interface Envelope {
  readonly event: string;
  /** The sender's own id; the same one again is a repetition. */
  readonly deliveryId: string;
}

/** How one kind of sender signs and labels its webhooks. */
export interface Kind {
  /** Throws `bad_signature` unless the bytes were signed with the secret. */
  verify(arrival: Arrival, secret: Secret): void;
  /** Throws `invalid_request` when a label is missing. */
  envelope(arrival: Arrival): Envelope;
}
