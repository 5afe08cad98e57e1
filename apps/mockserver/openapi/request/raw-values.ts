/** A name and its value, the value still percent-encoded. */
export type RawPair = readonly [name: string, rawValue: string];

/** The pairs of a query string or of a form, in their order; `+` is a blank there. */
export function rawPairs(text: string): readonly RawPair[] {
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      return [decoded(name.replaceAll('+', ' ')), value.replaceAll('+', '%20')];
    });
}

/** The pairs of a Cookie header. */
export function cookiePairs(header: string): readonly RawPair[] {
  return header
    .split(/; ?|&/u)
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decoded(part), ''] : [decoded(part.slice(0, at)), part.slice(at + 1)];
    });
}

/** Percent-decoded; what is no encoding stands for itself. */
export function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
