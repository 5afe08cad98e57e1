/** Rings without letting anybody wait for it: one ring at a time, and one more for all that were asked for meanwhile. */
export interface Ringer {
  ring(channel: string): void;
  /** Resolves when the last ring is out. */
  quiet(): Promise<void>;
}

/** A ringer that rings by `ring`, which never rejects. */
export function createRinger(ring: (channel: string) => Promise<void>): Ringer {
  const again = new Map<string, boolean>();
  const underWay = new Set<Promise<void>>();
  const ringOut = async (channel: string): Promise<void> => {
    while (again.get(channel) === true) {
      again.set(channel, false);
      await ring(channel);
    }
    again.delete(channel);
  };
  return {
    ring: (channel) => {
      const ringing = again.has(channel);
      again.set(channel, true);
      if (ringing) return;
      const started = ringOut(channel).finally(() => underWay.delete(started));
      underWay.add(started);
    },
    quiet: async () => {
      await Promise.all(underWay);
    },
  };
}
