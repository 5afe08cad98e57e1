import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { MeshError } from '@devmesh/foundation';
import { checkOrigin, type OriginRules } from '../origin.ts';
import { binarySubprotocols, chooseSubprotocol, subprotocol } from '../subprotocol.ts';

/** Decides which upgrade requests are let in, and counts the sockets held. */
export interface Admission<Principal> {
  readonly connections: number;
  /** Counts a socket until it closes. */
  hold(socket: Duplex): void;
  /** Who may come in; throws the reason for which a request is refused. */
  admit(request: IncomingMessage): Promise<Principal>;
  /** Lets nobody in any more. */
  close(): void;
}

interface AdmissionOptions<Principal> extends OriginRules {
  readonly authenticate: (request: IncomingMessage) => Promise<Principal>;
  readonly maximumConnections: number;
  readonly authenticationSeconds: number;
}

/** Creates an open admission. */
export function createAdmission<Principal>(options: AdmissionOptions<Principal>): Admission<Principal> {
  let connections = 0;
  let closed = false;

  const checkRoom = (): void => {
    if (closed) throw new MeshError('unavailable', 'This server is stopping.', { retryAfterSeconds: 1 });
    if (connections <= options.maximumConnections) return;
    const maximum = String(options.maximumConnections);
    throw new MeshError('unavailable', `This server already holds ${maximum} connections.`, { retryAfterSeconds: 5 });
  };

  return {
    get connections() {
      return connections;
    },
    hold: (socket) => {
      connections += 1;
      socket.once('close', () => {
        connections -= 1;
      });
    },
    admit: async (request) => {
      checkRoom();
      checkOrigin({ origin: request.headers.origin, host: request.headers.host }, options);
      checkSubprotocol(request);
      const principal = await within(options.authenticationSeconds, options.authenticate(request));
      // It may have begun to stop meanwhile.
      checkRoom();
      return principal;
    },
    close: () => {
      closed = true;
    },
  };
}

/** A paused socket does not show that its peer has left, so nothing else would end a wait for a slow answer. */
async function within<Result>(seconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const sentence = `The key could not be checked within ${String(seconds)} seconds.`;
      reject(new MeshError('unavailable', sentence, { retryAfterSeconds: 5 }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

function checkSubprotocol(request: IncomingMessage): void {
  const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (chooseSubprotocol(asked) !== undefined) return;
  throw new MeshError(
    'unsupported_protocol',
    `This endpoint speaks the WebSocket sub-protocols \`${[subprotocol, ...binarySubprotocols].join('`, `')}\`; send \`Sec-WebSocket-Protocol: ${subprotocol}\`.`,
  );
}
