import { MeshError } from '@devmesh/foundation';

/** How much may be on its way into the database at a time. */
interface AdmissionLimits {
  readonly maximumArrivals: number;
  readonly maximumBytes: number;
}

/** Bounds what arrivals hold in memory: what does not fit is refused at once with `unavailable`, and never dropped silently. */
export interface Admission {
  /** Lets one more arrival in. */
  enter(): Place;
}

interface Place {
  /** Makes room for the arrival's body. */
  hold(bytes: number): void;
  /** Gives the room back. */
  leave(): void;
}

/** Builds the admission of one process. */
export function createAdmission({ maximumArrivals, maximumBytes }: AdmissionLimits): Admission {
  let arrivals = 0;
  let held = 0;
  return {
    enter: () => {
      if (arrivals >= maximumArrivals) throw full();
      arrivals += 1;
      let own = 0;
      return {
        hold: (bytes) => {
          if (held + bytes > maximumBytes) throw full();
          own += bytes;
          held += bytes;
        },
        leave: () => {
          arrivals -= 1;
          held -= own;
        },
      };
    },
  };
}

function full(): MeshError {
  const sentence = 'More webhooks wait to be stored than this process takes at a time.';
  return new MeshError('unavailable', sentence, { retryAfterSeconds: 1 });
}
