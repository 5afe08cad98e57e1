import type { Logger } from '@devmesh/foundation';
import type { Database } from '../database/port.ts';
import { isTooLong } from './payload.ts';
import type { Bell } from './port.ts';

interface DatabaseBellOptions {
  readonly database: Pick<Database, 'notify' | 'listen'>;
  readonly log: Logger;
}

/** A bell on the database's own notifications: nothing else needs to run. */
export function openDatabaseBell({ database, log }: DatabaseBellOptions): Bell {
  const leaving = new Set<() => Promise<void>>();
  return {
    ring: async (channel, payload) => {
      if (isTooLong(payload)) {
        log.error('a ring was dropped', new Error('Its payload is over 1,000 bytes.'), { channel });
        return;
      }
      try {
        await database.notify(channel, payload);
      } catch (error) {
        log.error('a ring was lost', error, { channel });
      }
    },
    listen: async (channel, onRing) => {
      const leave = await database.listen(channel, (payload) => {
        try {
          onRing(payload);
        } catch (error) {
          log.error('a listener of the bell failed', error, { channel });
        }
      });
      const leaveOnce = async (): Promise<void> => {
        if (leaving.delete(leaveOnce)) await leave();
      };
      leaving.add(leaveOnce);
      return leaveOnce;
    },
    close: async () => {
      for (const leave of leaving) await leave();
    },
  };
}
