import { MeshError } from '@devmesh/foundation';

const full = new Set(['ENOSPC', 'EDQUOT', '53100']);
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '25006',
  '53200',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
const refused = new Set(['28000', '28P01', '3D000']);
const repeatable = new Set(['40001', '40P01']);
// pg reports a connection that ended or timed out without a code.
const connectionMessage =
  /^(?:connection terminated|query read timeout|timeout exceeded when trying to connect|client has encountered|client was closed|timeout expired)/iu;

/** The SQLSTATE or system code of an error, where it has one. */
export function errorCodeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether a statement broke a unique constraint (that one, where named). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (errorCodeOf(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint;
}

/** Whether the engine asks to run the same transaction again (deadlock, serialization failure). */
export function isRepeatable(error: unknown): boolean {
  return repeatable.has(errorCodeOf(error) ?? '');
}

/** Turns failures of the engine itself into `unavailable`, `disk_full` or `invalid_config`; errors of a statement pass unchanged. */
export function translateFailure(error: unknown): unknown {
  if (error instanceof MeshError) return error;
  const code = errorCodeOf(error) ?? '';
  if (full.has(code)) {
    return new MeshError('disk_full', 'The disk of the database is full, so nothing was stored.', { cause: error });
  }
  if (refused.has(code)) {
    return new MeshError('invalid_config', 'PostgreSQL refused the user, password or database of DATABASE_URL.', {
      cause: error,
    });
  }
  if (code === '57014') {
    return new MeshError('unavailable', 'The database took too long and the statement was cancelled.', {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  if (isUnreachable(error, code)) {
    return new MeshError('unavailable', 'The database cannot be reached now.', { cause: error, retryAfterSeconds: 2 });
  }
  return error;
}

function isUnreachable(error: unknown, code: string): boolean {
  if (unreachable.has(code) || /^08[0-9A-Z]{3}$/u.test(code)) return true;
  return error instanceof Error && connectionMessage.test(error.message);
}
