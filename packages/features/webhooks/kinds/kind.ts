import type { Secret } from '@devmesh/foundation';

/** A webhook as it arrived. */
export interface Arrival {
  readonly headers: Headers;
  /** The exact bytes that were signed. */
  readonly rawBody: Uint8Array;
}

/** What an arrival is held against. */
export interface Verification {
  /** One, or two while a rotation is under way; any of them may match. None: nothing is accepted. */
  readonly secrets: readonly Secret[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** How far a signed timestamp may be from `now`, into the past and into the future. */
  readonly toleranceSeconds: number;
  readonly settings: KindSettings;
}

/** Where a value of a webhook is: in a header, or at a dotted path of the body (`event.type`). */
export type Place = { readonly header: string } | { readonly path: string };

/** What a source of a generic kind tells about its sender; other kinds have no settings. */
export interface KindSettings {
  /** The header that carries the signature or the token. */
  readonly header?: string | undefined;
  readonly algorithm?: 'sha256' | 'sha512' | undefined;
  readonly encoding?: 'hex' | 'base64' | undefined;
  /** What stands before the signature or the token in its header, e.g. `sha256=`. */
  readonly prefix?: string | undefined;
  /** The header with Unix seconds that are signed along. */
  readonly timestampHeader?: string | undefined;
  /** What is signed, with `{timestamp}` and `{body}` in it. */
  readonly template?: string | undefined;
  readonly event?: Place | undefined;
  readonly deliveryId?: Place | undefined;
}

/** A webhook as it was read, once its signature held. */
export interface Webhook {
  readonly event: string;
  readonly action?: string;
  /** The same again is a repetition of the same delivery. */
  readonly deliveryId: string;
  readonly payload: Record<string, unknown>;
  /** To be answered at once, with nothing stored: the sender only asks whether this is the right receiver. */
  readonly handshake?: Record<string, unknown>;
}

/** How one kind of sender signs and labels its webhooks. */
export interface Kind {
  readonly title: string;
  /** One sentence: which header, which algorithm, and whether a timestamp is signed. */
  readonly signature: string;
  /** Throws `bad_signature` unless the bytes were signed with one of the secrets, inside the replay window. */
  verify(arrival: Arrival, verification: Verification): void;
  /** Reads what was verified; throws `malformed_message`, `unsupported_media_type` or `invalid_request`. */
  read(arrival: Arrival, settings: KindSettings): Webhook;
  /** Throws `invalid_request` for settings that cannot verify anything; absent: the kind takes no settings. */
  checkSettings?(settings: KindSettings): void;
}
