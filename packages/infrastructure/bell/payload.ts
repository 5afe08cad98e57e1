const longest = 1_000;

/** Whether a payload is too long to be rung: the limit is the same on every engine, so that none is met by surprise. */
export function isTooLong(payload: string): boolean {
  return Buffer.byteLength(payload) > longest;
}
