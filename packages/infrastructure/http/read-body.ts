import { MeshError } from '@devmesh/foundation';
import { parseBoundedJson, type JsonBounds } from './bounded-json.ts';

interface BodyLimits {
  readonly maximumBytes: number;
}

/** Reads the raw bytes of a request. Throws `too_large` over the limit (without reading on), `invalid_request` when it breaks off. */
export async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limits.maximumBytes) throw tooLarge(limits);
  // HTTP ends a body at its declared length, so one that fits needs no counting, and reading it whole is much cheaper.
  if (declared > 0) return readWhole(request, limits);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readChunks(request.body)) {
    length += chunk.byteLength;
    if (length > limits.maximumBytes) throw tooLarge(limits);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function readWhole(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const bytes = await request.arrayBuffer().catch((error: unknown) => {
    throw brokenOff(error);
  });
  if (bytes.byteLength > limits.maximumBytes) throw tooLarge(limits);
  return new Uint8Array(bytes);
}

/** Reads a JSON request. Throws `unsupported_media_type` unless it says it is JSON, and as `readBytes` and `parseBoundedJson` do. */
export async function readJson(request: Request, limits: BodyLimits & JsonBounds): Promise<unknown> {
  requireJson(request);
  return parseBoundedJson(await readBytes(request, limits), limits);
}

const jsonType = /^application\/(?:[\w.-]+\+)?json$/iu;

/** Throws `unsupported_media_type` unless the content type is `application/json` or `application/*+json`, in UTF-8. */
export function requireJson(request: Request): void {
  const [type = '', ...parameters] = (request.headers.get('content-type') ?? '').split(';').map((part) => part.trim());
  const charset = parameters.find((parameter) => /^charset=/iu.test(parameter));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/iu.test(charset);
  if (!jsonType.test(type) || !utf8) {
    throw new MeshError('unsupported_media_type', 'The body must be JSON in UTF-8.');
  }
}

async function* readChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      finished = done;
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw brokenOff(error);
  } finally {
    if (!finished) await reader.cancel().catch(() => undefined);
  }
}

function brokenOff(error: unknown): MeshError {
  return new MeshError('invalid_request', 'The body broke off before its end.', { cause: error });
}

function tooLarge(limits: BodyLimits): MeshError {
  return new MeshError('too_large', `The body is larger than ${String(limits.maximumBytes)} bytes.`);
}
