import { MeshError } from '@devmesh/foundation';

const temporary = /^(LOADING|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|TRYAGAIN|NOREPLICAS|NOAUTH|WRONGPASS)\b/u;

/** What a failure of Redis is to callers: `unavailable`, `disk_full`, or the error reply itself. */
export function translate(error: unknown): unknown {
  if (error instanceof MeshError) return error;
  if (!isReply(error)) return unavailable(error);
  if (error.message.startsWith('OOM')) {
    return new MeshError('disk_full', 'Redis has no memory left, so nothing was stored.', { cause: bare(error) });
  }
  if (error.message.startsWith('NOPERM')) {
    return new MeshError(
      'unavailable',
      'The user of Redis lacks a permission that is needed; see docs/architecture.md.',
      {
        cause: bare(error),
      },
    );
  }
  return temporary.test(error.message) ? unavailable(error) : bare(error);
}

/** Whether Redis itself answered with an error (as against not answering at all). */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The failure of a command that was not answered. */
export function unavailable(cause: unknown): MeshError {
  return new MeshError('unavailable', 'Redis does not answer.', { cause: bare(cause), retryAfterSeconds: 1 });
}

/** The one line of a failure; of a cluster that no node answers for, the failure of the last node. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  return lastNodeError instanceof Error ? `${error.message} ${lastNodeError.message}` : error.message;
}

/** The error without the command that it carries: the arguments of AUTH are the password, those of others are data. */
function bare(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const shown = new Error(reasonOf(error));
  shown.name = error.name;
  if (error.stack !== undefined) shown.stack = error.stack;
  return shown;
}
