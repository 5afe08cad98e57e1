import { pipeline, Transform, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { MeshError } from '@devmesh/foundation';

interface EncodedBody {
  readonly stream: Readable;
  readonly contentEncoding: string | undefined;
  readonly contentLength: string | undefined;
  /** Bytes that the decoded body may have. */
  readonly maximumBytes: number;
  /** How the sender is named in messages. */
  readonly sender: string;
}

/** Framing of an encoded body that decodes to next to nothing; beyond it the encoded bytes are limited too. */
const encodingOverheadBytes = 65_536;
const maximumCodings = 3;

/** Reads a body to its end, decoding it on the way, and stops with `too_large` at the first byte over the limit. */
export async function readDecodedBody(body: EncodedBody): Promise<Uint8Array> {
  try {
    return await collect(decodedStream(body), body);
  } catch (error) {
    discard(body.stream);
    throw error;
  }
}

/** A body decoded while it is read; what reads it fails with `too_large` at the first byte over the limit. */
export function decodedBody(body: EncodedBody): Readable {
  try {
    const decoded = decodedStream(body);
    return chain(decoded, [limiter(body.maximumBytes, body)]);
  } catch (error) {
    discard(body.stream);
    throw error;
  }
}

/** Gives a body up unread; its connection is closed. */
export function discard(stream: Readable): void {
  // undici reports the cut as an error, which is what is wanted here.
  stream.on('error', () => undefined).destroy();
}

function decodedStream(body: EncodedBody): Readable {
  const codings = parseCodings(body);
  const encodedLimit = body.maximumBytes + (codings.length > 0 ? encodingOverheadBytes : 0);
  if (Number(body.contentLength ?? 0) > encodedLimit) throw tooLarge(body);
  if (codings.length === 0) return body.stream;
  // Before every decoder: what one stage unfolds may be far larger than what the last one gives.
  return chain(
    body.stream,
    codings.flatMap((coding) => [limiter(encodedLimit, body), createDecoder(coding)]),
  );
}

function parseCodings(body: EncodedBody): readonly string[] {
  const codings = (body.contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .toReversed();
  if (codings.length > maximumCodings || codings.some((coding) => !knownCodings.has(coding))) {
    throw new MeshError('upstream_failed', `${body.sender} answered in a content coding that is not supported.`);
  }
  return codings;
}

const knownCodings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

function createDecoder(coding: string): Transform {
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'deflate') return createDeflateDecoder();
  return createGunzip();
}

/** `deflate` means zlib by the standard and raw deflate to some servers; the first byte tells which. */
function createDeflateDecoder(): Transform {
  let inner: Transform | undefined;
  const outer = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      inner ??= startInflate(outer, chunk);
      inner.write(chunk, done);
    },
    flush(done) {
      if (inner === undefined) {
        done();
        return;
      }
      inner.once('end', () => {
        done();
      });
      inner.end();
    },
    destroy(error, done) {
      inner?.destroy();
      done(error);
    },
  });
  return outer;
}

function startInflate(outer: Transform, firstChunk: Buffer): Transform {
  const zlibHeader = ((firstChunk[0] ?? 0) & 0x0f) === 8;
  const inner = zlibHeader ? createInflate() : createInflateRaw();
  inner.on('data', (decoded: Buffer) => outer.push(decoded));
  inner.on('error', (error) => outer.destroy(error));
  return inner;
}

function limiter(maximumBytes: number, body: EncodedBody): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.byteLength;
      if (seen > maximumBytes) done(tooLarge(body));
      else done(null, chunk);
    },
  });
}

/** Joins streams so that a failure of one destroys all; the last one then throws it to its reader. */
function chain(source: Readable, transforms: readonly Transform[]): Readable {
  pipeline([source, ...transforms], () => undefined);
  return transforms.at(-1) ?? source;
}

/** The bytes of a stream to its end; gives it up at the first byte over the limit. */
export function collect(stream: Readable, body: Pick<EncodedBody, 'maximumBytes' | 'sender'>): Promise<Uint8Array> {
  // Not by iteration, which takes several times as long for what comes in one piece.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let ended = false;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length <= body.maximumBytes) {
        chunks.push(chunk);
        return;
      }
      reject(tooLarge(body));
      // The connection of a sender that has more to say goes with it.
      stream.destroy();
    });
    stream.on('end', () => {
      ended = true;
      resolve(Buffer.concat(chunks, length));
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (!ended) reject(new Error('the body broke off'));
    });
  });
}

/** The refusal of a body that has more bytes than may be read. */
export function tooLarge(body: Pick<EncodedBody, 'maximumBytes' | 'sender'>): MeshError {
  return new MeshError('too_large', `${body.sender} answered more than ${String(body.maximumBytes)} bytes.`);
}
