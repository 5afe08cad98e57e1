import { toMeshError, type ErrorCode, type MeshError } from '@devmesh/foundation';

/** What a client does once its socket is closed. */
export type AfterClose = 'resume' | 'renew' | 'end';

/** Codes with which a server says that it wants this client no more, or that the client broke something. */
const ending: ReadonlySet<number> = new Set([1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010]);
const restart = 1012;

/** A server that restarts has ended its sessions, so another is begun at once; after a cut the session is waited for. */
export function afterClose(code: number): AfterClose {
  if (code === restart) return 'renew';
  return ending.has(code) ? 'end' : 'resume';
}

const passing: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'rate_limited',
  'upstream_unreachable',
  'upstream_failed',
  'upstream_timeout',
  'internal',
]);

/** Why connecting failed, and whether trying again may help. */
export function readFailure(failure: unknown): { readonly error: MeshError; readonly passing: boolean } {
  const error = toMeshError(failure);
  return { error, passing: passing.has(error.code) };
}
