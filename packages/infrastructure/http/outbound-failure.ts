import { MeshError } from '@devmesh/foundation';
import { errors } from 'undici';

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

const brokenAnswerCodes = /^(?:Z_|ERR_+(?:BROTLI|ERROR|_ERROR)|UND_ERR_RES_)/u;

/** Turns what undici, zlib or the network threw into an error of the table; `target` is the address as it may be shown. */
export function outboundFailure(error: unknown, target: string): MeshError {
  const known = findMeshError(error);
  if (known !== undefined) return known;
  const code = findCode(error);
  const options = { cause: error };
  if (timeoutCodes.has(code)) return new MeshError('upstream_timeout', `${target} did not answer in time.`, options);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new MeshError('too_large', `${target} answered with too many header bytes.`, options);
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new MeshError('unavailable', 'Outbound requests are closed because the process is stopping.', options);
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new MeshError('invalid_request', 'The method or a header of the request is not valid.', options);
  }
  const reason = code === '' ? '' : ` (${code})`;
  if (error instanceof errors.HTTPParserError || brokenAnswerCodes.test(code)) {
    return new MeshError('upstream_failed', `${target} sent an answer that cannot be read${reason}.`, options);
  }
  return new MeshError('upstream_unreachable', `${target} could not be reached${reason}.`, options);
}

function findMeshError(error: unknown): MeshError | undefined {
  if (error instanceof MeshError) return error;
  return error instanceof Error && error.cause instanceof MeshError ? error.cause : undefined;
}

/** The first code of an error, of those it gathers (one per address tried), or of its cause. */
function findCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return findCode(error.errors[0]);
  return findCode(error.cause);
}
