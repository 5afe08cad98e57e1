import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  isTaskCancelledError,
  retry,
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
  /** Throws `upstream_timeout` on expiry and `unavailable` while the circuit is open; other errors pass unchanged. */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** Builds the policy: breaker around retry around timeout, so that a broken upstream is left alone at once. */
export function createResilience(options: ResilienceOptions): Resilience {
  const breaker = circuitBreaker(handleWhen(options.retryable), {
    halfOpenAfter: options.halfOpenAfterMilliseconds,
    breaker: new ConsecutiveBreaker(options.breakAfter),
  });
  const again = retry(handleWhen(options.retryable), {
    maxAttempts: options.retries,
    backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 5_000 }),
  });
  const policy = wrap(breaker, again, timeout(options.timeoutMilliseconds, TimeoutStrategy.Aggressive));
  return {
    run: async (work, signal) => {
      try {
        return await policy.execute(({ signal: inner }) => work(inner), signal);
      } catch (error) {
        throw translate(error, options);
      }
    },
  };
}

function translate(error: unknown, options: ResilienceOptions): unknown {
  if (isTaskCancelledError(error)) {
    const limit = String(options.timeoutMilliseconds);
    return new MeshError('upstream_timeout', `${options.name} did not answer within ${limit} ms.`, { cause: error });
  }
  if (isBrokenCircuitError(error)) {
    return new MeshError('unavailable', `${options.name} failed repeatedly and is left alone for a moment.`, {
      cause: error,
      retryAfterSeconds: Math.ceil(options.halfOpenAfterMilliseconds / 1000),
    });
  }
  return error;
}
