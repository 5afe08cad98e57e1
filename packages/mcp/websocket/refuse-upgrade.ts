import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorTable, toProblem, type MeshError } from '@devmesh/foundation';

/** Answers an upgrade request with a problem document instead, and closes the socket; `challenge` goes with a 401. */
export function refuseUpgrade(socket: Duplex, error: MeshError, challenge = 'Bearer'): void {
  const { status } = errorTable[error.code];
  const body = JSON.stringify(toProblem(error));
  const lines = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    ...(status === 401 ? [`WWW-Authenticate: ${challenge}`] : []),
    ...(error.retryAfterSeconds === undefined ? [] : [`Retry-After: ${String(error.retryAfterSeconds)}`]),
  ];
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
