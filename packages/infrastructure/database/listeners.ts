import { MeshError } from '@devmesh/foundation';

const channelName = /^[a-z_][a-z0-9_:.-]{0,62}$/u;
const maximumPayloadBytes = 7_900;

/** Who listens to which channel in this process. */
export interface Listeners {
  /** Whether this was the first listener of the channel. */
  add(channel: string, onPayload: (payload: string) => void): boolean;
  /** Whether this was the last listener of the channel. */
  remove(channel: string, onPayload: (payload: string) => void): boolean;
  deliver(channel: string, payload: string): void;
  channels(): readonly string[];
}

/** Builds an empty set; `onFailure` hears of listeners that throw, so that one cannot stop the others. */
export function createListeners(onFailure: (error: unknown, channel: string) => void): Listeners {
  const byChannel = new Map<string, Set<(payload: string) => void>>();
  return {
    add: (channel, onPayload) => {
      const present = byChannel.get(channel);
      if (present === undefined) byChannel.set(channel, new Set([onPayload]));
      else present.add(onPayload);
      return present === undefined;
    },
    remove: (channel, onPayload) => {
      const present = byChannel.get(channel);
      if (present?.delete(onPayload) !== true || present.size > 0) return false;
      return byChannel.delete(channel);
    },
    deliver: (channel, payload) => {
      for (const onPayload of byChannel.get(channel) ?? []) {
        try {
          onPayload(payload);
        } catch (error) {
          onFailure(error, channel);
        }
      }
    },
    channels: () => [...byChannel.keys()],
  };
}

/** The channel as SQL writes it. Throws `internal` for a name that is not plain. */
export function quoteChannel(channel: string): string {
  if (!channelName.test(channel)) throw new MeshError('internal', `"${channel}" is not a plain channel name.`);
  return `"${channel}"`;
}

/** Throws `too_large` for a payload that PostgreSQL would refuse. */
export function checkPayload(payload: string): void {
  if (Buffer.byteLength(payload) <= maximumPayloadBytes) return;
  throw new MeshError('too_large', `A notification carries at most ${String(maximumPayloadBytes)} bytes.`);
}
