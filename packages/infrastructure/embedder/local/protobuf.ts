/** A piece of an encoded message, as the byte runs it is made of (large ones are not copied until the end). */
export type Encoded = readonly Uint8Array[];

const utf8 = new TextEncoder();

/** Encodes an integer field (wire type 0). */
export function integer(field: number, value: number): Encoded {
  return [varints(field * 8, value)];
}

/** Encodes a 32-bit float field (wire type 5). */
export function float(field: number, value: number): Encoded {
  const four = new DataView(new ArrayBuffer(4));
  four.setFloat32(0, value, true);
  return [varints(field * 8 + 5), new Uint8Array(four.buffer)];
}

/** Encodes a byte string field (wire type 2). */
export function bytes(field: number, value: Uint8Array): Encoded {
  return [varints(field * 8 + 2, value.length), value];
}

/** Encodes a UTF-8 string field (wire type 2). */
export function text(field: number, value: string): Encoded {
  return bytes(field, utf8.encode(value));
}

/** Encodes a nested message field (wire type 2) from its fields. */
export function message(field: number, fields: readonly Encoded[]): Encoded {
  const parts = fields.flat();
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varints(field * 8 + 2, length), ...parts];
}

/** Joins the fields of the outermost message into its bytes. */
export function encode(fields: readonly Encoded[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields.flat()));
}

function varints(...values: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (const value of values) {
    // Negative numbers are written as the 64 bits of their two's complement.
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) + 128);
    out.push(Number(rest));
  }
  return Uint8Array.from(out);
}
