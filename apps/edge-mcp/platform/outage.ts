import { MeshError } from '@devmesh/foundation';

const outages: ReadonlySet<string> = new Set(['unavailable', 'internal', 'upstream_failed', 'upstream_timeout']);

/** Whether a failure says that the platform does not work now, and nothing of who asked or for what. */
export function isOutage(error: unknown): boolean {
  return error instanceof MeshError && outages.has(error.code) && error.limit === undefined;
}
