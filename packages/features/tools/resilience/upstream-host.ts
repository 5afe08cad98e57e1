import { MeshError, type Clock } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';
import type { Bulkhead } from './bulkhead.ts';
import type { Circuit, Verdict } from './circuit.ts';
import { delayBeforeRetry, isFailure, pause, type Outcome } from './retry.ts';
import type { ExecutionSettings } from './settings.ts';

/** What one organization's calls of one host share. */
export interface UpstreamHost {
  readonly circuit: Circuit;
  readonly bulkhead: Bulkhead;
}

/** One try of a request. */
export interface Try {
  /** To be sent besides those of the request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
}

/** Sends the request once. */
export type SendOnce = (one: Try) => Promise<GuardedResponse>;

interface Tries {
  readonly host: UpstreamHost;
  readonly settings: ExecutionSettings;
  readonly repeatable: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onRetry: () => void;
}

/** Sends a request within its budget, again where it may be repeated and the failure may pass. */
export async function sendWithTries(options: Tries, send: SendOnce): Promise<GuardedResponse> {
  const { settings, clock } = options;
  const deadline = clock.now() + settings.budgetMilliseconds;
  let last: Outcome | undefined;
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(options, deadline, send).catch((refusal: unknown) => {
      // The host's own answer tells more than that it is left alone by now.
      if (last === undefined || options.signal.aborted) throw refusal;
      return { ...last, final: true };
    });
    last = outcome;
    const delay =
      'final' in outcome || !options.repeatable ? undefined : delayAfter(options, { outcome, tries, deadline });
    if (delay === undefined) return settled(outcome);
    options.onRetry();
    await pause(clock, delay, options.signal);
  }
}

interface Finished {
  readonly outcome: Outcome;
  readonly tries: number;
  readonly deadline: number;
}

function delayAfter({ settings, clock, random }: Tries, { outcome, tries, deadline }: Finished): number | undefined {
  const now = clock.now();
  return delayBeforeRetry({ outcome, tries, retries: settings.retries, leftMilliseconds: deadline - now, now, random });
}

function settled(outcome: Outcome): GuardedResponse {
  if ('error' in outcome) throw outcome.error;
  return outcome.response;
}

/** Rejects only where nothing was sent, or the caller left. */
async function tryOnce(options: Tries, deadline: number, send: SendOnce): Promise<Outcome> {
  const { host, settings, headers, signal, clock } = options;
  const left = (): number => Math.max(1, deadline - clock.now());
  const leave = await host.bulkhead.enter({ limits: settings, waitMilliseconds: left(), signal });
  try {
    const tell = host.circuit.enter(settings);
    const timeoutMilliseconds = Math.min(settings.timeoutMilliseconds, left());
    const outcome = await send({ headers, timeoutMilliseconds, signal }).then(
      (response): Outcome => ({ response }),
      (error: unknown): Outcome => ({ error }),
    );
    tell(verdictOf(outcome, signal));
    if ('error' in outcome) signal.throwIfAborted();
    return outcome;
  } finally {
    leave();
  }
}

/** Errors by which the host showed that it is there. */
const answers: ReadonlySet<string> = new Set(['upstream_failed', 'too_large']);

function verdictOf(outcome: Outcome, signal: AbortSignal): Verdict {
  if ('response' in outcome) return isFailure(outcome) ? 'failed' : 'answered';
  if (signal.aborted) return 'neither';
  if (isFailure(outcome)) return 'failed';
  return outcome.error instanceof MeshError && answers.has(outcome.error.code) ? 'answered' : 'neither';
}
