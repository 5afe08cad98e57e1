/** What an endpoint can offer, before a revision puts it in words. */
export interface Offer {
  readonly tools: boolean;
  readonly resources: boolean;
  readonly resourceSubscriptions: boolean;
  readonly prompts: boolean;
  readonly completions: boolean;
  readonly logging: boolean;
}

/** One dated revision of MCP: what it names, and where its wire differs from the others. */
export interface Revision {
  readonly version: string;
  /** Requests a client may send; any other does not exist. */
  readonly methods: ReadonlySet<string>;
  /** JSON-RPC numbers that the revision prescribes for a thing that does not exist, by method. */
  readonly notFoundCodes: ReadonlyMap<string, number>;
  /** Whether a stream of a POST starts with an event without data, so that it can be resumed from the start. */
  readonly primesStreams: boolean;
  /** Whether messages may come together in an array. */
  readonly batches: boolean;
  /** Puts what the revision does not know into what it does. */
  readonly adapt?: ((method: string, result: object) => object) | undefined;
  capabilities(offer: Offer): object;
}
