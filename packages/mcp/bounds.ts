import { MeshError } from '@devmesh/foundation';

/** How large one incoming message may be. */
export interface MessageBounds {
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  /** Levels of nested objects and arrays. */
  readonly depth: number;
  /** Keys and array elements, all levels together; an empty object or array counts as one. */
  readonly members: number;
}

/** Wide enough for every message of the protocol, narrow enough that parsing one stays cheap. */
export const defaultBounds: MessageBounds = { bytes: 4 * 1024 * 1024, depth: 64, members: 100_000 };

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
// '[' and '{', ']' and '}' differ in one bit only.
const bracketBit = 0x20;
const opening = 0x7b;
const closing = 0x7d;

/** Throws `too_large` when the text exceeds a bound; one pass over the characters, before anything is parsed. */
export function checkBounds(text: string, bounds: MessageBounds): void {
  if (text.length > bounds.bytes || Buffer.byteLength(text) > bounds.bytes) throw tooLarge('bytes', bounds.bytes);
  let depth = 0;
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === comma) members += 1;
    else if ((code | bracketBit) === closing) depth -= 1;
    else if ((code | bracketBit) === opening) {
      depth += 1;
      members += 1;
    }
    if (depth > bounds.depth) throw tooLarge('levels', bounds.depth);
    if (members > bounds.members) throw tooLarge('members', bounds.members);
  }
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) return index;
    if (code === backslash) index += 1;
  }
  return text.length;
}

function tooLarge(unit: string, limit: number): MeshError {
  return new MeshError('too_large', `The message has more than ${String(limit)} ${unit}.`);
}
