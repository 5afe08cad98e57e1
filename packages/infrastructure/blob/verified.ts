import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';

/** Gives chunks through and holds the last one back until the digest of all is the one expected; throws `internal` where it is not. */
export async function* verified(source: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (held !== undefined) yield held;
    hash.update(chunk);
    held = chunk;
  }
  if (hash.digest('hex') !== sha256) {
    throw new MeshError(
      'internal',
      'The stored bytes were altered: their digest is not the one they are stored under.',
    );
  }
  if (held !== undefined) yield held;
}

/** All chunks as one; undefined where there is no stream. */
export async function collect(source: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array | undefined> {
  if (source === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
