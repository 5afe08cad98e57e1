/** What a webhook is signed from. */
export interface Outgoing {
  readonly secret: string;
  readonly event: string;
  readonly deliveryId: string;
  /** The exact text that is sent. */
  readonly rawBody: string;
  /** Unix milliseconds of the sending. */
  readonly at: number;
  readonly signing: Signing;
}

/** How a sender of a generic kind was set up. */
export interface Signing {
  readonly header?: string | undefined;
  readonly algorithm?: 'sha256' | 'sha512' | undefined;
  readonly encoding?: 'hex' | 'base64' | undefined;
  readonly prefix?: string | undefined;
  readonly timestampHeader?: string | undefined;
}

/** How one provider sends, in one of the ways it can be set up. */
export interface Sender {
  /** The event that is sent where none is asked for. */
  readonly event: string;
  /** The headers that tell who sends what, and prove it. */
  headers(outgoing: Outgoing): Readonly<Record<string, string>>;
  /** The body of an event that nobody gave a payload for. */
  sample(event: string, deliveryId: string, at: number): unknown;
  /** Turns the JSON into what is sent, where that is not JSON. */
  encode?(json: string): string;
}
