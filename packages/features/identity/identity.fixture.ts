import type { Bell } from '@devmesh/infrastructure';

/** A bell that nobody hears: of a process that is alone. */
export function silentBell(): Bell {
  return {
    ring: () => Promise.resolve(),
    listen: () => Promise.resolve(() => Promise.resolve()),
    close: () => Promise.resolve(),
  };
}
