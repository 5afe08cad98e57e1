import { MeshError } from '@devmesh/foundation';

/** The body as text; throws `too_large` as soon as it exceeds the limit and `malformed_message` unless it is UTF-8. */
export async function readBody(request: Request, maximumBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maximumBytes) throw tooLarge(maximumBytes);
  if (request.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) throw tooLarge(maximumBytes);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new MeshError('malformed_message', 'The body is not valid UTF-8.', { cause: error });
  }
}

function tooLarge(maximumBytes: number): MeshError {
  return new MeshError('too_large', `The body has more than ${String(maximumBytes)} bytes.`);
}
