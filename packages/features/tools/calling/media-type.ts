/** Whether values of the type are written as JSON. */
export function isJsonType(mediaType: string): boolean {
  return /^[^/]+\/(?:[^;,]+\+)?json\s*(?:;|$)/iu.test(mediaType.trim());
}
