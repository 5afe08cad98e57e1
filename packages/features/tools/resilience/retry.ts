import { MeshError, type Clock } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';

/** What one try came to. */
export type Outcome = { readonly response: GuardedResponse } | { readonly error: unknown };

interface RetryQuestion {
  readonly outcome: Outcome;
  /** 1 after the first try. */
  readonly tries: number;
  readonly retries: number;
  readonly leftMilliseconds: number;
  readonly now: number;
  readonly random: () => number;
}

const firstDelay = 100;
const longestDelay = 5_000;

/** Statuses by which a service or what stands before it says that it did not serve the request just now. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Statuses of a host that does not serve anybody; 429 is about this caller, 500 about this request. */
const down: ReadonlySet<number> = new Set([502, 503, 504]);

/** How long to wait before the next try of a call that may be repeated; undefined where this outcome is to stand. */
export function delayBeforeRetry({
  outcome,
  tries,
  retries,
  leftMilliseconds,
  now,
  random,
}: RetryQuestion): number | undefined {
  if (tries > retries || !mayPass(outcome)) return undefined;
  const asked = 'response' in outcome ? retryAfterOf(outcome.response.headers, now) : undefined;
  const ceiling = Math.min(longestDelay, firstDelay * 2 ** tries);
  // Never sooner than the service asked for, and spread, so that callers do not come back all at once.
  const delay = asked === undefined ? ceiling * random() : asked + firstDelay * random();
  return delay < leftMilliseconds ? delay : undefined;
}

function mayPass(outcome: Outcome): boolean {
  if ('response' in outcome) return passing.has(outcome.response.status);
  return outcome.error instanceof MeshError && outcome.error.code === 'upstream_unreachable';
}

/** Whether an outcome counts against the host. */
export function isFailure(outcome: Outcome): boolean {
  if ('response' in outcome) return down.has(outcome.response.status);
  const { error } = outcome;
  return error instanceof MeshError && (error.code === 'upstream_unreachable' || error.code === 'upstream_timeout');
}

/** The milliseconds that `Retry-After` asks for, in either of its forms (RFC 9110, 10.2.3). */
function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/u.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3}/u.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Waits, and throws the reason where the signal aborts meanwhile. */
export async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(milliseconds, signal);
  signal.throwIfAborted();
}
