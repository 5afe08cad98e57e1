import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** The connections of a server, and how they come to an end without an error that a client sees. */
export interface Connections {
  /** Waits for an upgraded connection no longer: who took it over ends it. */
  handOver(socket: Duplex): void;
  /** From now on every answer says that its connection closes after it. */
  announceClose(): void;
  /** Resolves when every connection that is open now has closed, or when they have had time to bring one more request. */
  untilOldOnesClosed(): Promise<void>;
  /** Resolves when every connection has closed, those that say nothing left aside; false when the time is over. */
  untilClosed(milliseconds: number): Promise<boolean>;
  /** Cuts what is left. */
  cut(): void;
}

/** How long a connection without a request may still bring one: what a client sends before it learns of the close. */
const quietMilliseconds = 250;
const lookEvery = 10;

/** Follows the connections of a server from the start. */
export function followConnections(server: Server): Connections {
  const plain = new Set<Duplex>();
  const upgraded = new Set<Duplex>();
  const inFlight = new Set<ServerResponse>();
  let closing = false;
  // Over TLS the answers go through a socket around the one that connected; those who take over are handed the outer one.
  server.on('secureConnection', (socket: Socket) => {
    plain.add(socket);
    socket.once('close', () => {
      plain.delete(socket);
      upgraded.delete(socket);
    });
  });
  server.on('connection', (socket: Socket) => {
    plain.add(socket);
    socket.once('close', () => {
      plain.delete(socket);
      upgraded.delete(socket);
    });
  });
  server.on('request', (_request, response: ServerResponse) => {
    inFlight.add(response);
    if (closing) response.shouldKeepAlive = false;
    response.once('close', () => inFlight.delete(response));
  });
  return {
    handOver: (socket) => {
      if (plain.delete(socket)) upgraded.add(socket);
    },
    announceClose: () => {
      closing = true;
      for (const response of inFlight) response.shouldKeepAlive = false;
    },
    untilOldOnesClosed: async () => {
      const old = [...plain];
      await until(() => old.every((socket) => !plain.has(socket)), quietMilliseconds);
    },
    untilClosed: async (milliseconds) => {
      const quietUntil = performance.now() + Math.min(quietMilliseconds, milliseconds);
      const quiet = (): boolean => inFlight.size === 0 && performance.now() >= quietUntil;
      await until(() => plain.size === 0 || quiet(), milliseconds);
      return inFlight.size === 0;
    },
    cut: () => {
      for (const socket of [...plain, ...upgraded]) socket.destroy();
    },
  };
}

async function until(holds: () => boolean, milliseconds: number): Promise<void> {
  const lastAt = performance.now() + milliseconds;
  while (!holds() && performance.now() < lastAt) await sleep(lookEvery);
}
