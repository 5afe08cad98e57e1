/** What can be stopped from reading. */
interface Readable {
  pause(): void;
  resume(): void;
}

/** Stops reading a socket for one reason; several may hold at once. */
export interface Hold {
  pause(): void;
  resume(): void;
}

/** Creates holds of one socket, which is read while none of them holds. */
export function createReading(socket: Readable): () => Hold {
  const holding = new Set<Hold>();
  return () => {
    const hold: Hold = {
      pause: () => {
        holding.add(hold);
        socket.pause();
      },
      resume: () => {
        if (holding.delete(hold) && holding.size === 0) socket.resume();
      },
    };
    return hold;
  };
}
