import type { Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

const shortTurnMilliseconds = 0.1;
const longestWaitMilliseconds = 500;

/**
 * Closes the listener and idle connections; resolves when every connection has ended. Connections that the system holds
 * for a listener are reset when it closes, so it closes in a short turn of the event loop, right after one accepted all.
 */
export async function closeListener(server: Server): Promise<{ readonly closed: Promise<void> }> {
  const lastAt = performance.now() + longestWaitMilliseconds;
  for (let startedAt = performance.now(); startedAt < lastAt; startedAt = performance.now()) {
    await nextTurn();
    if (performance.now() - startedAt < shortTurnMilliseconds) break;
  }
  const closed = new Promise<void>((resolve) => {
    // The error says that it never listened, which is just as well.
    server.close(() => {
      resolve();
    });
  });
  return { closed };
}
