/** Tells other parts, in every process, that there is something new to read. Lossy: listeners also look by themselves now and then. */
export interface Bell {
  /** Rings a channel; `payload` is at most 1,000 bytes (an id, not data). Never throws: a lost ring is made up for by looking. */
  ring(channel: string, payload: string): Promise<void>;
  /** Calls `onRing` for each ring until the returned function is called. */
  listen(channel: string, onRing: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
