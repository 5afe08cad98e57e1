/** The close codes in use (RFC 6455 and the IANA registry). */
export const closeCodes = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  /** Never sent: the connection was cut. */
  cut: 1006,
  policyViolation: 1008,
  restart: 1012,
  tryAgainLater: 1013,
} as const;
