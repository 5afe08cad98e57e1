/** Encodes all but the unreserved characters of RFC 3986. Throws a URIError for half a character (a lone surrogate). */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/gu, hex);
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const reservedOfQuery = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3D)/gu;
const triple = /%25(?=[0-9A-Fa-f]{2})/gu;

/**
 * Encodes for `allowReserved` in a query: reserved characters and percent-encoded triples stand as they are, except what
 * would end the value there: `&`, `#`, `+`, and brackets, which RFC 3986 keeps for hosts.
 */
export function percentEncodeReserved(text: string): string {
  return percentEncode(text).replaceAll(reservedOfQuery, decodeURIComponent).replaceAll(triple, '%');
}
