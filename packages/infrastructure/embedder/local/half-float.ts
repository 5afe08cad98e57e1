/** What every IEEE 754 half float is worth, by its sixteen bits. */
export const halfFloats: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => value(bits));

function value(bits: number): number {
  const sign = bits >= 0x80_00 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
