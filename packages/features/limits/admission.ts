import { MeshError } from '@devmesh/foundation';
import { rateLimitHeaders, type PolicyState } from '@devmesh/infrastructure';
import type { HoldingLimit } from './holding.ts';

/** Whether a request may go on. */
export interface Admission {
  /** RateLimit headers for its answer: of the limits that refused it, or of the one that will be used up first. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** `rate_limited`, naming the limit; undefined where the request is within all of them. */
  readonly refusal: MeshError | undefined;
}

interface Found {
  readonly limit: HoldingLimit;
  readonly state: PolicyState;
}

/** Tells what a check of limits found. */
export function admissionOf(limits: readonly HoldingLimit[], states: readonly PolicyState[]): Admission {
  const found = limits.flatMap((limit, at): readonly Found[] => {
    const state = states[at];
    return state === undefined ? [] : [{ limit, state }];
  });
  const refusing = found
    .filter(({ state }) => !state.allowed)
    .toSorted((a, b) => b.state.resetSeconds - a.state.resetSeconds);
  const [longest] = refusing;
  return {
    headers: () => {
      const told = longest === undefined ? found.toSorted(byTightness).slice(0, 1) : refusing;
      return rateLimitHeaders(told.map(({ state }) => state));
    },
    refusal: longest === undefined ? undefined : refusalOf(longest),
  };
}

/** That which refuses first comes first. */
function byTightness({ state: a }: Found, { state: b }: Found): number {
  return a.remaining - b.remaining || b.fullSeconds - a.fullSeconds;
}

function refusalOf({ limit: holding, state }: Found): MeshError {
  const { scope, subject, limit, windowSeconds } = holding;
  const retryAfterSeconds = Math.max(1, state.resetSeconds);
  const allowed = `${String(limit)} in ${windowSeconds === 1 ? 'a second' : `${String(windowSeconds)} seconds`}`;
  const sentence = `${nameOf(holding)}: at most ${allowed}. Come back in ${String(retryAfterSeconds)} seconds.`;
  return new MeshError('rate_limited', sentence, {
    retryAfterSeconds,
    limit: { scope, subject, limit, windowSeconds },
  });
}

function nameOf({ scope, subject, setBy }: HoldingLimit): string {
  if (scope === 'key') return 'Requests of this key';
  if (scope === 'agent') return `Requests of the agent ${subject}`;
  if (scope === 'capability') return `Tasks created for ${subject}`;
  if (scope === 'tool') return `Calls of the tool ${subject}`;
  return setBy === 'operator' ? 'Requests of an organization here' : 'Requests of this organization';
}
