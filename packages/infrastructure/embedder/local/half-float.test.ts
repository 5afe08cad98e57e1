import { expect, test } from 'vitest';
import { halfFloats } from './half-float.ts';

test.each([
  [0x00_00, 0],
  [0x3c_00, 1],
  [0xc0_00, -2],
  [0x35_55, 0.333_251_953_125],
  [0x7b_ff, 65_504],
  [0x00_01, 2 ** -24],
  [0x04_00, 2 ** -14],
  [0x7c_00, Infinity],
  [0xfc_00, -Infinity],
  [0x7e_00, Number.NaN],
])('the bits %i are worth %f', (bits, value) => {
  expect(halfFloats[bits]).toBe(value);
});
