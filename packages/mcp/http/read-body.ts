import { MeshError } from '@devmesh/foundation';

/** The body as text; throws `too_large` as soon as it exceeds the limit, `malformed_message` unless it is UTF-8, and `invalid_request` where it breaks off. */
export async function readBody(request: Request, maximumBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maximumBytes) throw tooLarge(maximumBytes);
  // HTTP ends a body at its announced length, so one that fits needs no counting, and reading it whole is much cheaper.
  const bytes = announced > 0 ? await inOnePiece(request) : await counted(request, maximumBytes);
  if (bytes.byteLength > maximumBytes) throw tooLarge(maximumBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MeshError('malformed_message', 'The body is not valid UTF-8.', { cause: error });
  }
}

async function inOnePiece(request: Request): Promise<ArrayBuffer> {
  try {
    return await request.arrayBuffer();
  } catch (error) {
    throw brokenOff(error);
  }
}

async function counted(request: Request, maximumBytes: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of whole(request.body as AsyncIterable<Uint8Array>)) {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) throw tooLarge(maximumBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A client that leaves within its body is no failure of ours. */
async function* whole(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw brokenOff(error);
  }
}

function brokenOff(error: unknown): MeshError {
  return new MeshError('invalid_request', 'The connection ended before the body did.', { cause: error });
}

function tooLarge(maximumBytes: number): MeshError {
  return new MeshError('too_large', `The body has more than ${String(maximumBytes)} bytes.`);
}
