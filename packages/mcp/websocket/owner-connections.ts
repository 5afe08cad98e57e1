import type { Duplex } from 'node:stream';
import { MeshError } from '@devmesh/foundation';

/** Counts the sockets that each owner (a key) holds. Returns what counts one until it closes; throws `rate_limited` for one too many. */
export function createOwnerConnections(maximum: number): (owner: string, socket: Duplex) => void {
  const held = new Map<string, number>();
  return (owner, socket) => {
    const count = held.get(owner) ?? 0;
    if (count >= maximum) {
      const sentence = `This key already holds ${String(maximum)} connections.`;
      throw new MeshError('rate_limited', sentence, { retryAfterSeconds: 5 });
    }
    held.set(owner, count + 1);
    socket.once('close', () => {
      const left = (held.get(owner) ?? 1) - 1;
      if (left === 0) held.delete(owner);
      else held.set(owner, left);
    });
  };
}
