/** A matrix of small integers, transposed (inputs x outputs), and what one step of each output is worth. */
export interface QuantizedMatrix {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

// Not 127: processors without VNNI add two products of a byte and a weight in 16 bits, and 2 * 255 * 64 still fits.
const largestLevel = 64;

/** Quantizes each row (one output of a layer) symmetrically by its own largest weight, and transposes. */
export function quantizeRows(matrix: Float32Array, rows: number): QuantizedMatrix {
  const columns = matrix.length / rows;
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const weights = matrix.subarray(row * columns, (row + 1) * columns);
    const scale = largestMagnitude(weights) / largestLevel || 1;
    scales[row] = scale;
    for (let column = 0; column < columns; column += 1) {
      values[column * rows + row] = Math.round((weights[column] ?? 0) / scale);
    }
  }
  return { values, scales };
}

function largestMagnitude(numbers: Float32Array): number {
  let largest = 0;
  for (let index = 0; index < numbers.length; index += 1) largest = Math.max(largest, Math.abs(numbers[index] ?? 0));
  return largest;
}
