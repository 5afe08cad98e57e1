/** How much an upstream server may say, however long it goes on. */
export const upstreamBounds = {
  /** Tools, resources, templates or prompts of one server. */
  entries: 1_000,
  /** Pages of one list. */
  pages: 100,
  /** Bytes of one list as JSON text. */
  listBytes: 8 * 1024 * 1024,
  /** Bytes of one schema, and levels in it. */
  schemaBytes: 256 * 1024,
  schemaDepth: 48,
  /** Bytes of one message. */
  messageBytes: 16 * 1024 * 1024,
  /** Milliseconds until a server has said who it is. */
  connectMilliseconds: 15_000,
  /** Milliseconds until a whole list has been read. */
  listMilliseconds: 60_000,
  /** Requests that a server may make of the client during one call, and those at once. */
  requestsPerCall: 50,
  requestsAtOnce: 4,
  /** Progress and log messages that one call passes on. */
  noticesPerCall: 2_000,
} as const;
