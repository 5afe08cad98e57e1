import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { isErrorCode, MeshError } from '@devmesh/foundation';
import { deserializeMessage, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { createWire, type Wire } from '../frames/wire.ts';
import { binarySubprotocols, subprotocol } from '../subprotocol.ts';

/** How a socket connects. */
interface SocketOptions {
  readonly lookup: LookupFunction;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Where and how a transport connects. */
export interface WebSocketClientOptions {
  /** A `ws:` or `wss:` address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How the socket connects, where that is not left to the machine. */
  readonly socket?: SocketOptions | undefined;
  readonly maximumMessageBytes?: number | undefined;
  /** Whether binary frames, compressed where both sides know how, are preferred to texts. */
  readonly binary?: boolean | undefined;
  /** Whether any JSON is handed on, batches and answers to nobody among them, for whoever only passes messages on. */
  readonly unjudged?: boolean | undefined;
  readonly handshakeTimeoutMilliseconds?: number | undefined;
  /** Given the socket and the headers of the server's answer, before anything can come. */
  readonly onUpgrade?: ((socket: WebSocket, headers: IncomingHttpHeaders) => void) | undefined;
}

const maximumProblemBytes = 64 * 1024;
const defaultMessageBytes = 64 * 1024 * 1024;

/** A transport for the official `Client` over WebSocket; a refused upgrade rejects `start` with the server's own error. */
export function createWebSocketClientTransport(options: WebSocketClientOptions): Transport {
  let socket: WebSocket | undefined;
  let wire: Wire | undefined;

  const connected = (opened: WebSocket): WebSocket => {
    wire = createWire({
      socket: opened,
      chosen: opened.protocol,
      maximumBytes: options.maximumMessageBytes ?? defaultMessageBytes,
      onText: (text) => receive(transport, text, options.unjudged ?? false),
      onBroken: (error) => transport.onerror?.(error instanceof Error ? error : new Error(String(error))),
    });
    opened.on('message', (data: Buffer, isBinary) => wire?.take(data, isBinary));
    opened.on('error', (error) => transport.onerror?.(error));
    opened.once('close', (code, reason) => {
      if (code !== 1000 && code !== 1005) transport.onerror?.(closedBy(code, reason.toString()));
      transport.onclose?.();
    });
    return opened;
  };

  const transport: Transport = {
    start: async () => {
      if (socket !== undefined) throw new MeshError('invalid_state', 'This transport was already started.');
      socket = await open(options, connected);
    },
    send: (message) => {
      if (socket?.readyState !== WebSocket.OPEN) {
        return Promise.reject(new MeshError('unavailable', 'The WebSocket is not open.'));
      }
      wire?.send(JSON.stringify(message));
      return Promise.resolve();
    },
    close: async () => {
      if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
      const closing = socket;
      await new Promise<void>((resolve) => {
        closing.once('close', () => {
          resolve();
        });
        closing.close(1000);
      });
    },
  };
  return transport;
}

function receive(transport: Transport, text: string, unjudged: boolean): void {
  try {
    transport.onmessage?.(unjudged ? (JSON.parse(text) as JSONRPCMessage) : deserializeMessage(text));
  } catch (error) {
    transport.onerror?.(error instanceof Error ? error : new Error(String(error)));
  }
}

/** `connected` is called before the first frame can arrive. */
function open(options: WebSocketClientOptions, connected: (socket: WebSocket) => WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(
      options.url,
      options.binary === true ? [...binarySubprotocols, subprotocol] : subprotocol,
      {
        headers: options.headers,
        perMessageDeflate: false,
        // The client handles notifications a turn later than responses; without a turn between frames, progress would be lost.
        allowSynchronousEvents: false,
        handshakeTimeout: options.handshakeTimeoutMilliseconds ?? 10_000,
        ...options.socket,
        maxPayload: options.maximumMessageBytes ?? defaultMessageBytes,
      },
    );
    const unreachable = (cause: Error): void => {
      reject(
        new MeshError('upstream_unreachable', `${options.url} could not be reached: ${cause.message}.`, { cause }),
      );
    };
    socket.on('error', unreachable);
    socket.once('upgrade', (response) => options.onUpgrade?.(socket, response.headers));
    socket.once('open', () => {
      socket.off('error', unreachable);
      resolve(connected(socket));
    });
    socket.once('unexpected-response', (request, response) => {
      void refusal(response).then((error) => {
        reject(error);
        return request.destroy();
      });
    });
  });
}

async function refusal(response: IncomingMessage): Promise<MeshError> {
  const status = String(response.statusCode);
  try {
    const problem = JSON.parse(await readAll(response)) as { readonly code?: unknown; readonly detail?: unknown };
    if (isErrorCode(problem.code) && typeof problem.detail === 'string') {
      return new MeshError(problem.code, problem.detail);
    }
  } catch (cause) {
    return new MeshError('upstream_failed', `The server refused the WebSocket with status ${status}.`, { cause });
  }
  return new MeshError('upstream_failed', `The server refused the WebSocket with status ${status}.`);
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maximumProblemBytes) throw new MeshError('too_large', 'The refusal is longer than a problem document.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function closedBy(code: number, reason: string): MeshError {
  const why = reason === '' ? '' : ` (${reason})`;
  return new MeshError('unavailable', `The server closed the connection with code ${String(code)}${why}.`);
}
