import type { Logger } from '@devmesh/foundation';

/** Who listens to which channel in this process. */
export interface Listeners {
  /** Adds one listener; the returned function removes it and tells whether it was the channel's last. */
  add(channel: string, onRing: (payload: string) => void): () => boolean;
  /** Calls every listener of a channel; one that throws is logged and does not keep the others from hearing. */
  ring(channel: string, payload: string): void;
  channels(): readonly string[];
}

/** An empty book of listeners. */
export function createListeners(log: Logger): Listeners {
  const byChannel = new Map<string, Set<(payload: string) => void>>();
  return {
    add: (channel, onRing) => {
      const listeners = byChannel.get(channel) ?? new Set();
      byChannel.set(channel, listeners);
      // A wrapper of its own lets the same function listen twice and leave once.
      const listener = (payload: string): void => {
        onRing(payload);
      };
      listeners.add(listener);
      return () => {
        const last = listeners.delete(listener) && listeners.size === 0;
        if (last) byChannel.delete(channel);
        return last;
      };
    },
    ring: (channel, payload) => {
      for (const listener of byChannel.get(channel) ?? []) {
        try {
          listener(payload);
        } catch (error) {
          log.error('a listener of the bell failed', error, { channel });
        }
      }
    },
    channels: () => [...byChannel.keys()],
  };
}
