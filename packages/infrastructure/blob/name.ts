import { MeshError } from '@devmesh/foundation';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;
const digest = /^[0-9a-f]{64}$/u;

/**
 * The place of a blob, part by part: `<tenant>/<aa>/<sha256>`. Both ids are checked by a pattern, so that no name can lead
 * out of the store or into another tenant's part of it. Throws `invalid_request`.
 */
export function partsOf(tenantId: string, sha256: string): readonly [string, string, string] {
  partOf(tenantId);
  if (!digest.test(sha256)) throw new MeshError('invalid_request', 'A SHA-256 must be 64 lower-case hex digits.');
  return [tenantId, sha256.slice(0, 2), sha256];
}

/** The part of the store that is a tenant's. Throws `invalid_request`. */
export function partOf(tenantId: string): string {
  if (uuid.test(tenantId)) return tenantId;
  throw new MeshError('invalid_request', 'A tenant id must be a lower-case UUID.');
}
