import type { GuardedResponse } from '@devmesh/infrastructure';

/** A read on its way, which others that ask the very same may join. */
interface Flight {
  readonly tenantId: string;
  readonly origin: string;
  readonly answer: Promise<GuardedResponse>;
  readonly controller: AbortController;
  passengers: number;
  landed: boolean;
  /** Whether nothing was written at its origin since it began. */
  owned: boolean;
}

/** Reads that share one request while it is on its way. */
export interface Flights {
  /** Joins the read of that key, or begins it; `owned` tells `begin` whether its answer still holds. */
  share(
    read: SharedFlight,
    begin: (signal: AbortSignal, owned: () => boolean) => Promise<GuardedResponse>,
  ): Promise<GuardedResponse>;
  /** Nobody joins reads of that origin any more that began before this moment. */
  disown(tenantId: string, origin: string): void;
}

interface SharedFlight {
  readonly tenantId: string;
  readonly origin: string;
  /** Says all of the request, its credential and its tenant. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onJoined?: () => void;
}

/** Builds it with nothing on its way. */
export function createFlights(): Flights {
  const flights = new Map<string, Flight>();
  const forget = (key: string, flight: Flight): void => {
    if (flights.get(key) === flight) flights.delete(key);
  };
  const start = ({ tenantId, origin, key }: SharedFlight, begin: Parameters<Flights['share']>[1]): Flight => {
    const controller = new AbortController();
    const flight: Flight = {
      tenantId,
      origin,
      controller,
      passengers: 0,
      landed: false,
      owned: true,
      // Begun in a later turn, so that the flight exists when `begin` asks whether it is owned.
      answer: Promise.resolve().then(() => begin(controller.signal, () => flight.owned)),
    };
    flights.set(key, flight);
    const end = (): void => {
      flight.landed = true;
      forget(key, flight);
    };
    flight.answer.then(end, end);
    return flight;
  };
  return {
    share: async (read, begin) => {
      read.signal.throwIfAborted();
      const known = flights.get(read.key);
      if (known !== undefined) read.onJoined?.();
      const flight = known ?? start(read, begin);
      flight.passengers += 1;
      try {
        return await untilAborted(flight.answer, read.signal);
      } finally {
        flight.passengers -= 1;
        if (flight.passengers === 0) {
          forget(read.key, flight);
          if (!flight.landed) flight.controller.abort(new Error('nobody waits for the answer any more'));
        }
      }
    },
    disown: (tenantId, origin) => {
      for (const [key, flight] of flights) {
        if (flight.tenantId !== tenantId || flight.origin !== origin) continue;
        flight.owned = false;
        flights.delete(key);
      }
    },
  };
}

/** One passenger that leaves does not end the flight of the others. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let leave = (): void => undefined;
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
