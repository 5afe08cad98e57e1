import { createHash } from 'node:crypto';

/** What the first link of a tenant's chain follows. */
export function genesisHash(tenantId: string): Buffer {
  return createHash('sha256').update(`devmesh/audit/genesis/1\n${tenantId}\n`, 'utf8').digest();
}

/** The link at a place of the chain: it holds the link before it, its place and its entry. */
export function linkHash(previous: Uint8Array, seq: number, entry: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`devmesh/audit/link/1\n${String(seq)}\n`, 'utf8')
    .update(previous)
    .update(entry)
    .digest();
}
