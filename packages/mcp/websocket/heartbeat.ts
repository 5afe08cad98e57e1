import type { WebSocket } from 'ws';

/** What is known of a peer by pinging it. */
export interface Pulse {
  /** The latest round trip; undefined until the first one. */
  readonly latencyMilliseconds: number | undefined;
}

/** Pings sockets, measures how long they take to answer, and drops those that stay silent. */
export interface Heartbeat {
  /** Watches a socket until it closes. */
  watch(socket: WebSocket): Pulse;
  stop(): void;
}

interface HeartbeatOptions {
  /** Each socket is pinged this often; one that was silent for a whole turn is terminated. */
  readonly seconds: number;
  /** Told of each round trip. */
  readonly measured?: ((seconds: number) => void) | undefined;
}

interface Watched {
  alive: boolean;
  pinged: string;
  pingedAt: number;
  latencyMilliseconds: number | undefined;
}

/** Sockets take turns within an interval, so that thousands are not pinged at once. */
const turns = 20;

/** Creates a heartbeat; a dead peer is dropped within two intervals. */
export function createHeartbeat({ seconds, measured }: HeartbeatOptions): Heartbeat {
  const slots = Array.from({ length: turns }, () => new Map<WebSocket, Watched>());
  let joined = 0;
  let turn = 0;

  const beat = (): void => {
    turn += 1;
    for (const [socket, watched] of slots[turn % turns] ?? []) {
      if (!watched.alive) {
        socket.terminate();
        continue;
      }
      watched.alive = false;
      watched.pinged = String(turn);
      watched.pingedAt = performance.now();
      socket.ping(watched.pinged);
    }
  };
  const timer = setInterval(beat, (seconds * 1000) / turns);
  timer.unref();
  return {
    watch: (socket) => {
      const watched: Watched = { alive: true, pinged: '', pingedAt: 0, latencyMilliseconds: undefined };
      const slot = slots[(joined += 1) % turns];
      slot?.set(socket, watched);
      socket.on('pong', (payload) => {
        watched.alive = true;
        if (watched.pinged === '' || payload.toString('latin1') !== watched.pinged) return;
        watched.pinged = '';
        watched.latencyMilliseconds = performance.now() - watched.pingedAt;
        measured?.(watched.latencyMilliseconds / 1000);
      });
      socket.on('message', () => {
        watched.alive = true;
      });
      socket.once('close', () => slot?.delete(socket));
      return watched;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
