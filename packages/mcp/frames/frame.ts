import { MeshError } from '@devmesh/foundation';

/** What a binary frame carries: the bytes of one message, as they are or compressed. */
export interface Frame {
  readonly compressed: boolean;
  readonly payload: Uint8Array;
}

/** Bytes before the payload: the version, flags, two that are zero, and the payload's length (big-endian). */
export const headerBytes = 8;
const version = 1;
const compressedFlag = 1;

/** Writes a frame. */
export function encodeFrame({ compressed, payload }: Frame): Uint8Array {
  const frame = new Uint8Array(headerBytes + payload.byteLength);
  frame[0] = version;
  frame[1] = compressed ? compressedFlag : 0;
  new DataView(frame.buffer).setUint32(4, payload.byteLength);
  frame.set(payload, headerBytes);
  return frame;
}

/** Reads a frame without copying its payload; throws `malformed_message` for anything that `encodeFrame` does not write. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.byteLength < headerBytes) throw malformed('is shorter than its header');
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  if (header.getUint8(0) !== version)
    throw malformed(`has version ${String(header.getUint8(0))}, not ${String(version)}`);
  const flags = header.getUint8(1);
  if ((flags & ~compressedFlag) !== 0 || header.getUint16(2) !== 0) throw malformed('has flags that version 1 lacks');
  const payload = bytes.subarray(headerBytes);
  if (header.getUint32(4) !== payload.byteLength) throw malformed('is not as long as its header says');
  return { compressed: flags === compressedFlag, payload };
}

function malformed(sentence: string): MeshError {
  return new MeshError('malformed_message', `The binary frame ${sentence}.`);
}
