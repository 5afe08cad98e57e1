import { until } from './server.fixture.ts';

/** How a piece of work ended, and after how long. */
export interface Outcome {
  /** `done`, or the code of the failure. */
  readonly code: string;
  readonly seconds: number;
}

/** Within how many seconds an operation fails that cannot be done: it never hangs, on a slow machine either. */
export const patience = 30;

/** Never throws. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  const startedAt = performance.now();
  const code = await work.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code ?? 'no code',
  );
  return { code, seconds: (performance.now() - startedAt) / 1000 };
}

/** Does the work again and again until all of it is done once more; everything that failed until then. */
export async function failuresUntilDone(work: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
  const failures: Outcome[] = [];
  await until(async () => {
    const failed = (await work()).filter(({ code }) => code !== 'done');
    failures.push(...failed);
    return failed.length === 0;
  });
  return failures;
}
