/** Large, immutable things (documents, results), addressed by the SHA-256 of their content within a tenant. */
export interface Blob {
  /** Stores bytes durably; the same bytes twice are stored once. Throws `too_large` over `maximumBytes`, `disk_full` without space. */
  put(tenantId: string, bytes: Uint8Array): Promise<BlobReference>;
  /** Reads bytes back and verifies their digest; undefined where there are none. Throws `internal` when they were altered. */
  get(tenantId: string, sha256: string): Promise<Uint8Array | undefined>;
  delete(tenantId: string, sha256: string): Promise<void>;
  close(): Promise<void>;
}

export interface BlobReference {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}
