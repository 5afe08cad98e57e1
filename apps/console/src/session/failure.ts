import { MeshError, toProblem } from '@devmesh/api';

/** A failure in words: what happened, its code, and what to do about it. */
export interface Failure {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly next: string;
  readonly issues: readonly { readonly path: string; readonly message: string }[];
}

/** Puts anything thrown into words. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof MeshError) {
    const { title, detail, code, next } = toProblem(error);
    return { title, detail, code, next: withWait(next, error.retryAfterSeconds), issues: error.issues };
  }
  return {
    title: 'The console failed',
    detail: error instanceof Error ? error.message : String(error),
    code: 'console',
    next: 'Reload the page; if it stays, tell the operator what you did before.',
    issues: [],
  };
}

function withWait(next: string, seconds: number | undefined): string {
  return seconds === undefined ? next : `${next} Wait ${String(Math.ceil(seconds))} s.`;
}

/** Whether the platform no longer knows the key, so that only another key helps. */
export function isRefusedKey(error: unknown): boolean {
  return error instanceof MeshError && error.code === 'unauthenticated';
}

/** Whether the platform could not be reached or was not ready, so that the same request may succeed soon. */
export function isPassing(error: unknown): boolean {
  return error instanceof MeshError && error.code === 'unavailable';
}

/** What the platform says about one field of the body, e.g. `name`. */
export function issueOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof MeshError)) return undefined;
  return error.issues.find(({ path }) => path === `body.${field}` || path.startsWith(`body.${field}.`))?.message;
}
