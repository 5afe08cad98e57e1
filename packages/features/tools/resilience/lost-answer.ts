import { MeshError } from '@devmesh/foundation';

/** Failures of a connection that was never made: nothing can have been sent. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const lostAnswers: ReadonlySet<string> = new Set([
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_failed',
  'too_large',
]);

/**
 * What a caller of a write is told of its failure. Where the request may have reached the service and its answer was lost, it
 * says that the call may have happened, whatever broke; only the caller can find out.
 */
export function failureOfWrite(error: unknown): unknown {
  if (!(error instanceof MeshError) || !lostAnswers.has(error.code)) return error;
  if (isNeverConnected(error)) {
    return new MeshError(error.code, `${error.message} The call was not sent.`, { cause: error });
  }
  const told = `${error.message} Its answer is lost and the call may have happened: look before you call again.`;
  // An answer that did come and was too large or unreadable is told as such; it still may have happened.
  const code = error.code === 'upstream_unreachable' ? 'upstream_timeout' : error.code;
  return new MeshError(code, told, { cause: error });
}

const deepestCause = 8;

function isNeverConnected(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < deepestCause && cause instanceof Error; depth += 1) {
    if ('code' in cause && typeof cause.code === 'string' && isConnectFailure(cause)) return true;
    // One address was tried after another: the first tells what became of all.
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  }
  return false;
}

function isConnectFailure(error: Error & { readonly code?: unknown; readonly syscall?: unknown }): boolean {
  // A connection that times out or is refused later on is not one that was never made.
  if (error.code === 'ETIMEDOUT') return error.syscall === 'connect';
  return typeof error.code === 'string' && neverConnected.has(error.code);
}
