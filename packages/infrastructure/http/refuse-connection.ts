import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { errorTable, MeshError } from '@devmesh/foundation';
import { problemResponse } from './problem.ts';

/** Answers bytes that are no HTTP request with a problem document, where the connection still takes one, and ends it. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  // A client that reset the connection, or got an answer already, must not get another.
  if (error.code === 'ECONNRESET' || !socket.writable || bytesWritten(socket) > 0) {
    socket.destroy(error);
    return;
  }
  void send(socket, describe(error));
}

/** Answers a request for another protocol that is not let in, and ends its connection. */
export function refuseUpgrade(socket: Duplex, reason: MeshError): void {
  void send(socket, { status: errorTable[reason.code].status, reason });
}

function describe(error: NodeJS.ErrnoException): { readonly status: number; readonly reason: MeshError } {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: 431,
      reason: new MeshError('too_large', 'The headers are larger than the limit.', { cause: error }),
    };
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      status: 408,
      reason: new MeshError('invalid_request', 'The request did not arrive completely in time.', { cause: error }),
    };
  }
  return {
    status: 400,
    reason: new MeshError('invalid_request', 'What was sent is not an HTTP/1.1 request.', { cause: error }),
  };
}

async function send(
  socket: Duplex,
  { status, reason }: { readonly status: number; readonly reason: MeshError },
): Promise<void> {
  const response = problemResponse(reason);
  const body = JSON.stringify({ ...((await response.json()) as object), status });
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    ...headers,
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function bytesWritten(socket: Duplex): number {
  return 'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0;
}
