import type { Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What a turn may take at first; a busy process has no turn so short, so that with each second more is allowed. */
const shortTurnMilliseconds = 0.1;
const longestWaitMilliseconds = 2_500;

/**
 * Closes the listener and idle connections; resolves when every connection has ended. Connections that the system holds
 * for a listener are reset when it closes, so it closes in a short turn of the event loop that had none to accept.
 */
export async function closeListener(server: Server): Promise<{ readonly closed: Promise<void> }> {
  await untilNobodyKnocks(server);
  const closed = new Promise<void>((resolve) => {
    // The error says that it never listened, which is just as well.
    server.close(() => {
      resolve();
    });
  });
  return { closed };
}

async function untilNobodyKnocks(server: Server): Promise<void> {
  let accepted = 0;
  const onConnection = (): void => {
    accepted += 1;
  };
  server.on('connection', onConnection);
  shortenQueue(server);
  const firstAt = performance.now();
  for (let startedAt = firstAt; startedAt - firstAt < longestWaitMilliseconds; startedAt = performance.now()) {
    const before = accepted;
    await nextTurn();
    const seconds = (startedAt - firstAt) / 1_000;
    const short = performance.now() - startedAt < shortTurnMilliseconds + seconds ** 2;
    if (short && accepted === before) break;
  }
  server.off('connection', onConnection);
}

/**
 * Lets the system hold no more connections for us: those that knock from now on are not answered, and refused once we have
 * closed, while those that it holds already are accepted. Node has no public word for it; without it the wait is longer.
 */
function shortenQueue(server: Server): void {
  const { _handle: handle } = server as unknown as { readonly _handle?: { listen?(backlog: number): number } | null };
  handle?.listen?.(0);
}
