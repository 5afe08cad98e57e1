import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { MeshError } from '@devmesh/foundation';
import type { BinarySubprotocol } from '../subprotocol.ts';
import { decodeFrame, encodeFrame } from './frame.ts';

/** Turns messages into binary frames and back. */
export interface FrameCodec {
  encode(text: string): Promise<Uint8Array>;
  /**
   * Throws `malformed_message` for what is no frame, is not compressed as it says, or is no UTF-8, and `too_large` for a message over
   * the limit, of which no more is unfolded than that.
   */
  decode(frame: Uint8Array): Promise<string>;
}

interface CodecOptions {
  readonly chosen: BinarySubprotocol;
  /** UTF-8 bytes of a message, unfolded. */
  readonly maximumBytes: number;
}

/** Bytes from which on compressing saves more than it costs. */
const threshold = 1_024;

// Both run on threads of zlib's own.
const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Creates the codec of a sub-protocol. It keeps nothing between messages, so an idle connection costs nothing. */
export function createFrameCodec({ chosen, maximumBytes }: CodecOptions): FrameCodec {
  const compresses = chosen === 'mcp-frames.v1.deflate';
  return {
    encode: async (text) => {
      const payload = Buffer.from(text);
      if (!compresses || payload.byteLength < threshold) return encodeFrame({ compressed: false, payload });
      return encodeFrame({ compressed: true, payload: await deflate(payload) });
    },
    decode: async (bytes) => {
      const { compressed, payload } = decodeFrame(bytes);
      if (compressed && !compresses) throw malformed('is compressed, which was not agreed on');
      const content = compressed ? await inflated(payload, maximumBytes) : payload;
      if (content.byteLength > maximumBytes) throw tooLarge(maximumBytes);
      return decodedText(content);
    },
  };
}

async function inflated(payload: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  try {
    return await inflate(payload, { maxOutputLength: maximumBytes });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maximumBytes);
    throw malformed('cannot be unfolded', error);
  }
}

function decodedText(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (error) {
    throw malformed('is not UTF-8', error);
  }
}

function tooLarge(maximumBytes: number): MeshError {
  return new MeshError('too_large', `The message has more than ${String(maximumBytes)} bytes.`);
}

function malformed(sentence: string, cause?: unknown): MeshError {
  return new MeshError('malformed_message', `The message in a binary frame ${sentence}.`, { cause });
}
