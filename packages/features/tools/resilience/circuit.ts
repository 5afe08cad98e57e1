import { MeshError, type Clock } from '@devmesh/foundation';

interface CircuitOptions {
  /** What is behind it, for the message. */
  readonly name: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly onOpen?: () => void;
}

interface CircuitLimits {
  readonly breakAfter: number;
  readonly openMilliseconds: number;
}

/** How a call that was let through ended. `neither` says nothing about the host, e.g. as its caller left. */
export type Verdict = 'answered' | 'failed' | 'neither';

/** Leaves a host alone after failures in a row, then lets one call at a time find out whether it is back. */
export interface Circuit {
  /** Throws `unavailable` while the host is left alone; else the verdict must be told once. */
  enter(limits: CircuitLimits): (verdict: Verdict) => void;
}

type State =
  | { readonly kind: 'closed'; failures: number }
  | { readonly kind: 'open'; readonly until: number; readonly forMilliseconds: number; probing: boolean };

/** A host that stays away is asked less and less often, down to this. */
const longestOpenMilliseconds = 120_000;

/** Builds a closed circuit. */
export function createCircuit({ name, clock, onOpen }: CircuitOptions): Circuit {
  let state: State = { kind: 'closed', failures: 0 };
  const open = (forMilliseconds: number): void => {
    state = { kind: 'open', until: clock.now() + forMilliseconds, forMilliseconds, probing: false };
    onOpen?.();
  };
  const enterClosed = (closed: State & { kind: 'closed' }, limits: CircuitLimits) =>
    once((verdict) => {
      // What began before the circuit turned says nothing about the time after it.
      if (state !== closed || verdict === 'neither') return;
      closed.failures = verdict === 'failed' ? closed.failures + 1 : 0;
      if (closed.failures >= limits.breakAfter) open(limits.openMilliseconds);
    });
  const probe = (opened: State & { kind: 'open' }) => {
    opened.probing = true;
    return once((verdict) => {
      opened.probing = false;
      if (verdict === 'answered') state = { kind: 'closed', failures: 0 };
      if (verdict === 'failed')
        open(Math.max(opened.forMilliseconds, Math.min(opened.forMilliseconds * 2, longestOpenMilliseconds)));
    });
  };
  return {
    enter: (limits) => {
      if (state.kind === 'closed') return enterClosed(state, limits);
      const left = state.until - clock.now();
      if (left > 0 || state.probing) throw leftAlone(name, Math.max(left, 1_000));
      return probe(state);
    },
  };
}

function once(tell: (verdict: Verdict) => void): (verdict: Verdict) => void {
  let told = false;
  return (verdict) => {
    if (told) return;
    told = true;
    tell(verdict);
  };
}

function leftAlone(name: string, milliseconds: number): MeshError {
  const retryAfterSeconds = Math.ceil(milliseconds / 1000);
  const message = `${name} failed repeatedly and is left alone for a moment; the call was not sent.`;
  const limit = { scope: 'tool', subject: name, limit: 1, windowSeconds: retryAfterSeconds };
  return new MeshError('unavailable', message, { retryAfterSeconds, limit });
}
