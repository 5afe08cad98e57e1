import { MeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { halfFloats } from './half-float.ts';

const tensorSchema = z.object({ dtype: z.string(), data_offsets: z.tuple([z.int(), z.int()]) });

/** The half-float tensors of a safetensors file. Asking for one that it does not hold throws `internal`. */
export interface Safetensors {
  /** A tensor as it is stored: IEEE 754 half floats, row-major. */
  halves(name: string): Uint16Array;
  /** The same tensor as 32-bit floats. */
  floats(name: string): Float32Array;
}

/** Reads the header of a safetensors file held in memory; tensors are copied out when asked for. */
export function readSafetensors(file: Buffer): Safetensors {
  const dataStart = 8 + Number(file.readBigUInt64LE(0));
  const header = z.record(z.string(), z.unknown()).parse(JSON.parse(file.toString('utf8', 8, dataStart)));
  const halves = (name: string): Uint16Array => {
    const { data, success } = tensorSchema.safeParse(header[name]);
    if (!success || data.dtype !== 'F16')
      throw new MeshError('internal', `The weights hold no half-float tensor ${name}.`);
    const [start, end] = data.data_offsets;
    // A copy, because a tensor may start at an odd address.
    return new Uint16Array(Uint8Array.from(file.subarray(dataStart + start, dataStart + end)).buffer);
  };
  return { halves, floats: (name) => toFloats(halves(name)) };
}

function toFloats(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index += 1) floats[index] = halfFloats[halves[index] ?? 0] ?? 0;
  return floats;
}
