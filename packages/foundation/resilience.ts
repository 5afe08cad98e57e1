import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { MeshError } from './errors.ts';

interface ResilienceOptions {
  /** What is being called, for the messages. */
  readonly name: string;
  /** Milliseconds one try may take. */
  readonly timeoutMilliseconds: number;
  /** Tries after the first; only failures that `retryable` accepts are tried again. */
  readonly retries: number;
  /** Consecutive failures that open the circuit. */
  readonly breakAfter: number;
  /** Milliseconds the circuit stays open before one probe is let through. */
  readonly halfOpenAfterMilliseconds: number;
  readonly retryable: (error: Error) => boolean;
}

/** Runs work under a timeout, retries with jittered exponential backoff, and a circuit breaker. */
export interface Resilience {
  /**
   * Throws `upstream_timeout` on expiry, `unavailable` while the circuit is open, and the signal's reason when the caller
   * aborts (which says nothing about the upstream); other errors pass unchanged.
   */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** Builds the policy: breaker around retry around timeout, so that a broken upstream is left alone at once. */
export function createResilience(options: ResilienceOptions): Resilience {
  const handled = handleWhen((error) => !(error instanceof CallerAborted) && options.retryable(error));
  const breaker = circuitBreaker(handled, {
    halfOpenAfter: options.halfOpenAfterMilliseconds,
    breaker: new ConsecutiveBreaker(options.breakAfter),
  });
  const again = retry(handled, {
    maxAttempts: options.retries,
    backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 5_000 }),
  });
  const limit = timeout(options.timeoutMilliseconds, TimeoutStrategy.Aggressive);
  const policy = wrap(breaker, again);
  return {
    run: async (work, signal) => {
      signal?.throwIfAborted();
      try {
        return await policy.execute(async ({ signal: outer }) => {
          try {
            return await limit.execute(({ signal: inner }) => work(inner), outer);
          } catch (error) {
            throw signal?.aborted === true ? new CallerAborted() : expiry(error, options);
          }
        }, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw openCircuit(error, options);
      }
    },
  };
}

/** Keeps a caller's own abort out of retries and of the breaker's count. */
class CallerAborted extends Error {}

/** Named before retries and breaker look at it, so that `retryable` can judge expiry by its code. */
function expiry(error: unknown, options: ResilienceOptions): unknown {
  if (!(error instanceof TaskCancelledError)) return error;
  const milliseconds = String(options.timeoutMilliseconds);
  return new MeshError('upstream_timeout', `${options.name} did not answer within ${milliseconds} ms.`, {
    cause: error,
  });
}

function openCircuit(error: unknown, options: ResilienceOptions): unknown {
  if (!isBrokenCircuitError(error)) return error;
  return new MeshError('unavailable', `${options.name} failed repeatedly and is left alone for a moment.`, {
    cause: error,
    retryAfterSeconds: Math.ceil(options.halfOpenAfterMilliseconds / 1000),
  });
}
