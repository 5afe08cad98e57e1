import { MeshError } from '@devmesh/foundation';

interface S3Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function statusOf(error: unknown): number | undefined {
  return (error as S3Failure | null)?.$metadata?.httpStatusCode;
}

/** Whether the store answered that the object is not there. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && (error as S3Failure).name !== 'NoSuchBucket';
}

/** Whether the same request may succeed in a moment: the store did not answer, was overloaded or failed inside. */
export function isWorthRepeating(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 429;
}

/** Throws what a failure of the store means to us. */
export function translateS3Failure(error: unknown): never {
  if (error instanceof MeshError) throw error;
  const status = statusOf(error);
  const name = (error as S3Failure | null)?.name ?? 'unknown';
  if (name === 'NoSuchBucket') {
    throw new MeshError('unavailable', 'The bucket of S3_BUCKET does not exist.', { cause: error });
  }
  if (status === 403 || status === 401) {
    throw new MeshError(
      'unavailable',
      `The bucket refuses these credentials (${name}); they need GetObject, PutObject, DeleteObject and ListBucket.`,
      { cause: error },
    );
  }
  throw new MeshError('unavailable', `The bucket did not do what it was asked for (${name}).`, {
    cause: error,
    retryAfterSeconds: 1,
  });
}
