import type { WebSocket } from 'ws';

/** Pings sockets and drops those that stay silent. */
export interface Heartbeat {
  /** Watches a socket until it closes. */
  watch(socket: WebSocket): void;
  stop(): void;
}

/** Pings every `seconds`; a peer that has not answered by the next ping is terminated. */
export function createHeartbeat(seconds: number): Heartbeat {
  const alive = new Map<WebSocket, boolean>();
  const beat = (): void => {
    for (const [socket, answered] of alive) {
      if (answered) {
        alive.set(socket, false);
        socket.ping();
      } else {
        socket.terminate();
      }
    }
  };
  const timer = setInterval(beat, seconds * 1000);
  timer.unref();
  return {
    watch: (socket) => {
      const answer = (): void => {
        alive.set(socket, true);
      };
      answer();
      socket.on('pong', answer);
      socket.on('message', answer);
      socket.on('close', () => alive.delete(socket));
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
