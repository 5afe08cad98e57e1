import type { Clock } from '@devmesh/foundation';
import type { Comment, Deployment, Incident, Issue, Service, TimelineEntry } from './schemas.ts';

/** An answer that an `Idempotency-Key` gives again, with the body it belongs to. */
interface RememberedAnswer {
  readonly body: string;
  readonly status: number;
  readonly answer: unknown;
}

type Kind = 'ISS' | 'CMT' | 'DEP' | 'INC';

/** Everything that Acme DevOps knows. Records are replaced, never changed in place. */
export interface DevopsState {
  readonly services: Map<string, Service>;
  readonly issues: Map<string, Issue>;
  readonly comments: Map<string, Comment>;
  readonly deployments: Map<string, Deployment>;
  readonly incidents: Map<string, Incident>;
  readonly timelines: Map<string, readonly TimelineEntry[]>;
  readonly rememberedAnswers: Map<string, RememberedAnswer>;
  readonly lastNumbers: Record<Kind, number>;
}

/** The state and the time, as operations are given them. */
export interface World {
  readonly state: DevopsState;
  /** The present time, RFC 3339. */
  now(): string;
  /** The next identifier of a kind, such as `ISS-1007`. */
  nextId(kind: Kind): string;
  /** Goes back to the seeded data. */
  reset(): void;
}

interface WorldOptions {
  readonly clock: Clock;
  readonly seed: (now: number) => DevopsState;
}

/** A world that starts with the seeded data. */
export function createWorld({ clock, seed }: WorldOptions): World {
  let state = seed(clock.now());
  return {
    get state() {
      return state;
    },
    now: () => new Date(clock.now()).toISOString(),
    nextId: (kind) => {
      state.lastNumbers[kind] += 1;
      return `${kind}-${String(state.lastNumbers[kind])}`;
    },
    reset: () => {
      state = seed(clock.now());
    },
  };
}
