import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { resumeHeader } from '@devmesh/mcp';
import { WebSocket } from 'ws';
import { startMesh, startReference } from './targets.fixture.ts';

const sessions = 5_000;
const atOnce = 50;
const settleMilliseconds = 5_000;

/**
 * Memory of a mesh in one process with 5,000 idle sessions over WebSocket, each authenticated and initialized and able to be resumed;
 * in megabytes more than without them, and how long opening them took.
 */
export async function run(): Promise<Readonly<Record<string, number>>> {
  const reference = await startReference();
  const mesh = await startMesh(reference.url);
  const sockets: WebSocket[] = [];
  const url = `${mesh.url.replace('http', 'ws')}/ws`;
  try {
    for (let warm = 0; warm < 50; warm += 1) (await open(url, mesh.key)).close();
    await pause(settleMilliseconds);
    const before = megabytesOf(mesh.pid);
    const startedAt = performance.now();
    while (sockets.length < sessions) {
      sockets.push(...(await Promise.all(Array.from({ length: atOnce }, () => open(url, mesh.key)))));
    }
    const opened = performance.now();
    await pause(settleMilliseconds);
    const after = megabytesOf(mesh.pid);
    return {
      sessions: sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      'seconds to open them': Math.round((opened - startedAt) / 100) / 10,
      'MB without them': Math.round(before),
      'MB more with them': Math.round(after - before),
      'KB a session': Math.round(((after - before) * 1024) / sessions),
    };
  } finally {
    for (const socket of sockets) socket.terminate();
    await mesh.close();
    await reference.close();
  }
}

async function open(url: string, key: string): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${key}`, [resumeHeader]: 'new' };
  const socket = new WebSocket(url, 'mcp', { headers, perMessageDeflate: false });
  await once(socket, 'open');
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'idle', version: '1' } };
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  return socket;
}

/** Resident memory of a process. */
function megabytesOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
