import { MeshError } from '@devmesh/foundation';

/** The result of the work, or `unavailable` where it takes longer. The work itself is not stopped. */
export async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Answers that have arrived while this process was busy are read first.
      setImmediate(reject, new MeshError('unavailable', 'Redis does not answer in time.', { retryAfterSeconds: 1 }));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}
