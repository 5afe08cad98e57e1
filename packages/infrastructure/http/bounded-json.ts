import { MeshError } from '@devmesh/foundation';

/** How much structure a JSON text may have before it is parsed. */
export interface JsonBounds {
  /** Objects and arrays inside each other. Default 64. */
  readonly maximumDepth?: number;
  /** Members of objects and elements of arrays, in all. Default 100,000. */
  readonly maximumValues?: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Parses UTF-8 JSON. Throws `malformed_message` where it is none, `invalid_request` beyond the bounds (checked before parsing). */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds = {}): unknown {
  if (bytes.byteLength === 0) throw new MeshError('malformed_message', 'The body is empty where JSON was expected.');
  checkBounds(bytes, bounds.maximumDepth ?? 64, bounds.maximumValues ?? 100_000);
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch (error) {
    throw new MeshError('malformed_message', 'The body is not valid JSON in UTF-8.', { cause: error });
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openers: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closers: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** One pass over the bytes; it need not know JSON, since UTF-8 never hides these ASCII bytes inside other characters. */
function checkBounds(bytes: Uint8Array, maximumDepth: number, maximumValues: number): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === comma) values += 1;
    else if (closers.has(byte)) depth -= 1;
    else if (openers.has(byte)) {
      depth += 1;
      values += 1;
    }
    if (depth > maximumDepth) throw beyond(`nested deeper than ${String(maximumDepth)} levels`);
    if (values > maximumValues) throw beyond(`made of more than ${String(maximumValues)} values`);
  }
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

function beyond(what: string): MeshError {
  return new MeshError('invalid_request', `The JSON is ${what}.`);
}
