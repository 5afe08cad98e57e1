import type { Logger } from '@devmesh/foundation';
import { connectRedis } from '../redis/connect.ts';
import { createListeners } from './listeners.ts';
import { isTooLong } from './payload.ts';
import type { Bell } from './port.ts';

interface RedisBellOptions {
  readonly url: string;
  readonly log: Logger;
  /** Stands before every channel, so that several installations can share one Redis. */
  readonly prefix?: string;
}

/** A bell on Redis publish/subscribe. Listening survives outages: channels are subscribed again with each connection. */
export function openRedisBell(options: RedisBellOptions): Bell {
  const prefix = `${options.prefix ?? 'devmesh:'}bell:`;
  const speaking = connectRedis(options, { name: 'bell' });
  const hearing = connectRedis(options, { name: 'bell-listener' });
  const listeners = createListeners(options.log);

  const subscribe = async (channels: readonly string[]): Promise<void> => {
    if (channels.length === 0) return;
    try {
      await hearing.run((client) => client.subscribe(...channels.map((channel) => prefix + channel)));
    } catch (error) {
      options.log.error('could not listen for rings; it is tried again with the next connection', error);
    }
  };
  hearing.onReady(() => void subscribe(listeners.channels()));
  hearing.client.on('message', (channel: string, payload: string) => {
    listeners.ring(channel.slice(prefix.length), payload);
  });

  return {
    ring: async (channel, payload) => {
      if (isTooLong(payload)) {
        options.log.error('a ring was dropped', new Error('Its payload is over 1,000 bytes.'), { channel });
        return;
      }
      try {
        await speaking.run((client) => client.publish(prefix + channel, payload));
      } catch (error) {
        options.log.error('a ring was lost', error, { channel });
      }
    },
    listen: async (channel, onRing) => {
      const stop = listeners.add(channel, onRing);
      await subscribe([channel]);
      return async () => {
        if (!stop() || hearing.client.status !== 'ready') return;
        await hearing.run((client) => client.unsubscribe(prefix + channel));
      };
    },
    close: async () => {
      await Promise.all([speaking.close(), hearing.close()]);
    },
  };
}
