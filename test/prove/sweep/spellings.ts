/** A way to write an id that somebody could hope gets past a comparison. */
export interface Spelling {
  readonly name: string;
  readonly spell: (id: string) => string;
  /** Whether it stands in a URL as it is, because it is encoded already. */
  readonly encoded?: true;
}

export const plain: Spelling = { name: 'as it is', spell: (id) => id };

/** Every spelling besides the plain one. */
export const spellings: readonly Spelling[] = [
  { name: 'in upper case', spell: (id) => id.toUpperCase() },
  { name: 'URL-encoded', spell: encodeAll, encoded: true },
  { name: 'URL-encoded twice', spell: (id) => encodeURIComponent(encodeAll(id)), encoded: true },
  { name: 'after a blank', spell: (id) => ` ${id}` },
  { name: 'before a blank', spell: (id) => `${id} ` },
  { name: 'before a line feed', spell: (id) => `${id}\n` },
  { name: 'with a zero-width space', spell: (id) => `${id.slice(0, 8)}\u{200B}${id.slice(8)}` },
  { name: 'after a byte order mark', spell: (id) => `\u{FEFF}${id}` },
  { name: 'in braces', spell: (id) => `{${id}}` },
  { name: 'without hyphens', spell: (id) => id.replaceAll('-', '') },
  { name: 'as a URN', spell: (id) => `urn:uuid:${id}` },
];

function encodeAll(id: string): string {
  return [...Buffer.from(id)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Everything that an answer could call an id by that was given in some spelling. */
export function writings(id: string, given: string): readonly string[] {
  const decoded = decoding(given);
  const all = [given, decoded, id, id.toLowerCase(), id.toUpperCase(), id.replaceAll('-', ''), decoding(decoded)];
  const written = all.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    encodeURI(text),
  ]);
  return [...new Set(written)].toSorted((one, other) => other.length - one.length);
}

function decoding(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
