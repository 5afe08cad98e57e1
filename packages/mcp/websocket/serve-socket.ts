import { toMeshError, type MeshError, type Telemetry } from '@devmesh/foundation';
import { WebSocket } from 'ws';
import type { MessageBounds } from '../bounds.ts';
import type { Connection } from '../connection.ts';
import { createWire, type Wire } from '../frames/wire.ts';
import { errorText, parseMessage, type RequestId } from '../message.ts';
import { acknowledgement } from '../resumption/ledger.ts';
import { closeCodes } from './close-codes.ts';
import type { Conversation, Converse } from './conversation.ts';
import type { Pulse } from './heartbeat.ts';
import { createMessageRate } from './message-rate.ts';
import { createReading } from './reading.ts';

/** Malformed frames after which a peer is taken to be broken or hostile. */
const maximumMalformed = 20;

interface ServeSocketOptions<Principal> {
  readonly socket: WebSocket;
  readonly pulse: Pulse;
  readonly converse: Converse<Principal>;
  readonly telemetry: Telemetry;
  readonly bounds: MessageBounds;
  readonly maximumBufferedBytes: number;
  readonly maximumFramesPerSecond: number;
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
  const { socket, traceparent } = options;
  const hold = createReading(socket);
  const ending = createEnding(socket);
  const { close } = ending;
  let malformed = 0;

  const wire = createWire({
    socket: { send: sendTo(options, close), close, ...hold() },
    chosen: socket.protocol,
    maximumBytes: options.bounds.bytes,
    onText: (text) => {
      if (conversation.hear(text.length)) void receive(text);
    },
    onBroken: (error) => {
      if (conversation.hear(0)) refuse(null, toMeshError(error));
    },
  });
  const conversation = options.converse({
    get latencyMilliseconds() {
      return options.pulse.latencyMilliseconds;
    },
    send: (text) => wire.send(text),
    acknowledge: (count) => {
      if (socket.readyState === WebSocket.OPEN) socket.pong(acknowledgement(count));
    },
    close,
  });
  const { connection } = conversation;
  const refuse = (id: RequestId | null, error: MeshError): void => {
    malformed += 1;
    conversation.send(errorText(id, error));
    if (malformed >= maximumMalformed) close(closeCodes.policyViolation, 'too many malformed messages');
  };
  const receive = async (text: string): Promise<void> => {
    const message = parseMessage(text, options.bounds);
    if (message.kind === 'invalid') {
      refuse(message.id, message.error);
      return;
    }
    const response = await connection.receive(message, { traceparent });
    if (response !== undefined) conversation.send(response);
  };

  listen(options, conversation, {
    count: createMessageRate({ perSecond: options.maximumFramesPerSecond, ...hold() }),
    take: (data, isBinary) => {
      // Frames that follow a close are not to be acted on.
      if (socket.readyState === WebSocket.OPEN) wire.take(data, isBinary);
    },
    broken: () => {
      ending.code ??= closeCodes.protocolError;
    },
    closed: (code) => {
      conversation.left(ending.code ?? code);
    },
  });

  return {
    finish: (code, reason, graceMilliseconds) =>
      finish(socket, () => idle(connection, wire), { code, reason, graceMilliseconds, close }),
  };
}

interface Ending {
  /** The code with which this side closes. */
  code: number | undefined;
  readonly close: (code: number, reason: string) => void;
}

function createEnding(socket: WebSocket): Ending {
  const ending: Ending = {
    code: undefined,
    close: (code, reason) => {
      ending.code ??= code;
      // A close frame has room for 123 bytes, and a cut character becomes three.
      socket.close(code, Buffer.from(reason).subarray(0, 118).toString());
    },
  };
  return ending;
}

/** Sends as long as the client reads; one that does not is told to try again later. */
function sendTo<Principal>(
  { socket, telemetry, maximumBufferedBytes }: ServeSocketOptions<Principal>,
  close: Ending['close'],
): (data: string | Uint8Array) => void {
  return (data) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(data);
    if (socket.bufferedAmount <= maximumBufferedBytes) return;
    telemetry.metrics.count('mcp_server_slow_clients_total');
    close(closeCodes.tryAgainLater, 'too slow');
  };
}

interface Listening {
  /** Counts a frame. */
  readonly count: () => void;
  readonly take: (data: Buffer, isBinary: boolean) => void;
  readonly broken: () => void;
  readonly closed: (code: number) => void;
}

function listen<Principal>(
  { socket, telemetry }: ServeSocketOptions<Principal>,
  conversation: Conversation<Principal>,
  { count, take, broken, closed }: Listening,
): void {
  socket.on('message', (data: Buffer, isBinary) => {
    count();
    take(data, isBinary);
  });
  socket.on('ping', () => {
    count();
    conversation.pinged();
  });
  socket.on('pong', (payload) => {
    count();
    conversation.ponged(payload);
  });
  socket.on('error', (error) => {
    broken();
    telemetry.log.debug('a WebSocket peer broke the protocol', { 'error.message': error.message });
  });
  socket.once('close', closed);
}

interface Finishing {
  readonly code: number;
  readonly reason: string;
  readonly graceMilliseconds: number;
  readonly close: (code: number, reason: string) => void;
}

/** Resolves when the requests that are being worked on have been answered, and the answers are with the socket. */
async function idle<Principal>(connection: Connection<Principal>, wire: Wire): Promise<void> {
  await connection.idle();
  await wire.flush();
}

async function finish(
  socket: WebSocket,
  answered: () => Promise<void>,
  { code, reason, graceMilliseconds, close }: Finishing,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  const forced = setTimeout(() => {
    socket.terminate();
  }, graceMilliseconds);
  await Promise.race([answered(), closed]);
  close(code, reason);
  await closed;
  clearTimeout(forced);
}
