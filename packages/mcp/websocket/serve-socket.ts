import type { Telemetry } from '@devmesh/foundation';
import { WebSocket } from 'ws';
import type { MessageBounds } from '../bounds.ts';
import type { McpEndpoint } from '../endpoint.ts';
import { errorText, parseMessage } from '../message.ts';

/** The close codes in use (RFC 6455 and the IANA registry). */
export const closeCodes = {
  normal: 1000,
  unsupportedData: 1003,
  policyViolation: 1008,
  restart: 1012,
  tryAgainLater: 1013,
} as const;

/** Malformed frames after which a peer is taken to be broken or hostile. */
const maximumMalformed = 20;

interface ServeSocketOptions<Principal> {
  readonly socket: WebSocket;
  readonly principal: Principal;
  readonly endpoint: McpEndpoint<Principal>;
  readonly telemetry: Telemetry;
  readonly bounds: MessageBounds;
  readonly maximumBufferedBytes: number;
  /** The `traceparent` of the upgrade request. */
  readonly traceparent: string | undefined;
}

/** A socket that is being served. */
export interface ServedSocket {
  /** Waits for pending requests, closes with this code, and resolves once the socket is closed; forced after the grace period. */
  finish(code: number, reason: string, graceMilliseconds: number): Promise<void>;
}

/** Serves one upgraded socket until it closes. */
export function serveSocket<Principal>(options: ServeSocketOptions<Principal>): ServedSocket {
  const { socket, endpoint, telemetry } = options;
  let malformed = 0;

  const send = (text: string): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(text);
    if (socket.bufferedAmount <= options.maximumBufferedBytes) return;
    telemetry.metrics.count('mcp_server_slow_clients_total');
    socket.close(closeCodes.tryAgainLater, 'too slow');
  };

  const connection = endpoint.connect(options.principal, {
    kind: 'websocket',
    send,
    close: (reason) => {
      // A close frame has room for 123 bytes, and a cut character becomes three.
      socket.close(closeCodes.normal, Buffer.from(reason).subarray(0, 118).toString());
    },
  });

  const receive = async (text: string): Promise<void> => {
    const message = parseMessage(text, options.bounds);
    if (message.kind === 'invalid') {
      malformed += 1;
      send(errorText(message.id, message.error));
      if (malformed >= maximumMalformed) socket.close(closeCodes.policyViolation, 'too many malformed messages');
      return;
    }
    const response = await connection.receive(message, { traceparent: options.traceparent });
    if (response !== undefined) send(response);
  };

  socket.on('message', (data: Buffer, isBinary) => {
    // Frames that follow a close are not to be acted on.
    if (socket.readyState !== WebSocket.OPEN) return;
    if (isBinary) socket.close(closeCodes.unsupportedData, 'binary frames are not supported');
    else void receive(data.toString());
  });
  socket.on('error', (error) => {
    telemetry.log.debug('a WebSocket peer broke the protocol', { 'error.message': error.message });
  });
  socket.once('close', () => {
    connection.end();
  });

  return {
    finish: async (code, reason, graceMilliseconds) => {
      const closed = new Promise<void>((resolve) => {
        socket.once('close', () => {
          resolve();
        });
      });
      const forced = setTimeout(() => {
        socket.terminate();
      }, graceMilliseconds);
      await Promise.race([connection.idle(), closed]);
      socket.close(code, reason);
      await closed;
      clearTimeout(forced);
    },
  };
}
