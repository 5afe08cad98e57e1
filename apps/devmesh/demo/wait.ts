import { MeshError } from '@devmesh/foundation';

interface WaitOptions {
  /** What is waited for, for the message when it does not come. */
  readonly what: string;
  readonly timeoutMilliseconds: number;
}

const lookEveryMilliseconds = 150;

/** Looks again and again until there is something; throws `upstream_timeout` when there never is. */
export async function waitFor<Found>(
  look: () => Promise<Found | undefined> | Found | undefined,
  { what, timeoutMilliseconds }: WaitOptions,
): Promise<Found> {
  const deadline = performance.now() + timeoutMilliseconds;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new MeshError('upstream_timeout', `${what} did not happen within ${String(timeoutMilliseconds / 1000)} s.`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, lookEveryMilliseconds);
    });
  }
}
