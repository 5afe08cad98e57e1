import { MeshError, type Clock } from '@devmesh/foundation';

/** How many malformed messages each owner of sessions has sent lately. Over HTTP no connection could be closed for it. */
export interface MalformedRate {
  /** Throws `rate_limited` for an owner who sent too many, before anything more of it is read. */
  check(owner: string): void;
  /** Counts one. */
  note(owner: string): void;
}

interface MalformedRateOptions {
  readonly clock: Clock;
  readonly most: number;
  readonly windowSeconds: number;
}

/** Owners that are remembered. */
const mostOwners = 10_000;

/** Creates a count that begins anew with each window of an owner. */
export function createMalformedRate({ clock, most, windowSeconds }: MalformedRateOptions): MalformedRate {
  // The oldest windows come first.
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  const current = (owner: string) => {
    const window = windows.get(owner);
    return window === undefined || window.endsAt <= clock.now() ? undefined : window;
  };
  return {
    check: (owner) => {
      const window = current(owner);
      if (window === undefined || window.count < most) return;
      const retryAfterSeconds = Math.ceil((window.endsAt - clock.now()) / 1_000);
      const sentence = `This key sent ${String(most)} malformed messages within ${String(windowSeconds)} seconds; it is not read for a while.`;
      throw new MeshError('rate_limited', sentence, { retryAfterSeconds });
    },
    note: (owner) => {
      const window = current(owner);
      if (window !== undefined) {
        window.count += 1;
        return;
      }
      windows.delete(owner);
      windows.set(owner, { endsAt: clock.now() + windowSeconds * 1_000, count: 1 });
      const [oldest] = windows.keys();
      if (windows.size > mostOwners && oldest !== undefined) windows.delete(oldest);
    },
  };
}
