/** What is stored: bytes in memory, or a stream of them that is never held as a whole. */
export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>;

/** Large, immutable things (documents, results), addressed by the SHA-256 of their content within a tenant. */
export interface Blob {
  /** Stores bytes durably; the same bytes twice are stored once. Throws `too_large` over `maximumBytes`, `disk_full` without space. */
  put(tenantId: string, content: BlobContent): Promise<BlobReference>;
  /** Reads bytes back and verifies their digest; undefined where there are none. Throws `internal` when they were altered. */
  get(tenantId: string, sha256: string): Promise<Uint8Array | undefined>;
  /**
   * Streams bytes back; undefined where there are none. The last chunk is held back until the digest is verified: where
   * the bytes were altered the stream throws `internal` and never completes.
   */
  read(tenantId: string, sha256: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  delete(tenantId: string, sha256: string): Promise<void>;
  /** Deletes everything of a tenant. */
  deleteTenant(tenantId: string): Promise<void>;
  /** Answers when the store answers; throws `unavailable` with the reason when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface BlobReference {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}
