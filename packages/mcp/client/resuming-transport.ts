import { setTimeout as pause } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { WebSocket } from 'ws';
import { acknowledgement, createLedger, readAcknowledgement, type Ledger } from '../resumption/ledger.ts';
import { readResumeGrant, resumeHeader, writeResumeRequest, type ResumeGrant } from '../resumption/resume-header.ts';
import { createHeartbeat } from '../websocket/heartbeat.ts';
import { backoffMilliseconds, type BackoffOptions } from './backoff.ts';
import { afterClose, readFailure } from './close-reasons.ts';
import { createWebSocketClientTransport, type WebSocketClientOptions } from './websocket.ts';

/** What becomes of a session. */
interface SessionEvents {
  /** The socket was cut; the session is being resumed. */
  readonly interrupted: () => void;
  /** The session goes on where it was cut, with nothing missed. */
  readonly resumed: () => void;
  /** The session is over; `anew` where another can be had, at once or after a while. */
  readonly over: (reason: MeshError, anew: 'at once' | 'later' | 'never') => void;
}

export interface ResumingOptions extends Omit<WebSocketClientOptions, 'onUpgrade'> {
  readonly backoff: BackoffOptions;
  /** The server is pinged this often, and taken for dead when it was silent for a whole turn. */
  readonly heartbeatSeconds: number;
  readonly events: SessionEvents;
}

/** What is remembered of what the server has not acknowledged. */
const limits = { messages: 1_024, bytes: 4 * 1024 * 1024 };

interface State {
  readonly transport: Transport;
  readonly ledger: Ledger<JSONRPCMessage>;
  readonly stopping: AbortController;
  grant: ResumeGrant | undefined;
  /** The socket that carries the session, and its transport. */
  socket: WebSocket | undefined;
  wire: Transport | undefined;
  /** Whether messages go out at once, and not only into the ledger. */
  flowing: boolean;
  done: boolean;
  /** What came since the last message, as large as it may have been before it was compressed. */
  arrivedBytes: number;
}

const bestCompression = 10;

/** A transport for the official `Client` over WebSocket that outlives its sockets: after a cut it resumes its session, and the client notices nothing. */
export function createResumingTransport(options: ResumingOptions): Transport {
  const transport: Transport = {
    start: () => dial(options, state),
    send: async (message) => {
      if (state.done) throw new MeshError('unavailable', 'The session is over.');
      state.ledger.say(message, JSON.stringify(message).length);
      // What is lost with the socket is sent again over the next one.
      if (state.flowing) await state.wire?.send(message).catch(() => undefined);
    },
    close: async () => {
      finish(state);
      await state.wire?.close();
    },
  };
  const state: State = {
    transport,
    ledger: createLedger({ limits, tell: (count) => tell(state, count) }),
    stopping: new AbortController(),
    grant: undefined,
    socket: undefined,
    wire: undefined,
    flowing: false,
    done: false,
    arrivedBytes: 0,
  };
  return transport;
}

function tell({ socket }: State, count: number): void {
  if (socket?.readyState === WebSocket.OPEN) socket.pong(acknowledgement(count));
}

function finish(state: State): void {
  if (state.done) return;
  state.done = true;
  state.flowing = false;
  state.ledger.clear();
  state.stopping.abort();
  state.transport.onclose?.();
}

function end(options: ResumingOptions, state: State, reason: MeshError, anew: 'at once' | 'later' | 'never'): void {
  if (state.done) return;
  finish(state);
  void state.wire?.close();
  options.events.over(reason, anew);
}

/** Connects once, resuming the session where there is one; rejects with the reason. */
async function dial(options: ResumingOptions, state: State): Promise<void> {
  const { grant, ledger } = state;
  const asked = grant === undefined ? 'new' : { token: grant.token, heard: ledger.heard };
  const wire = createWebSocketClientTransport({
    ...options,
    headers: { ...options.headers, [resumeHeader]: writeResumeRequest(asked) },
    onUpgrade: (socket, headers) => {
      const given = headers[resumeHeader];
      state.grant = readResumeGrant(typeof given === 'string' ? given : '');
      state.socket = socket;
      state.wire = wire;
      follow(options, state, socket);
    },
  });
  const callbacks: Pick<Transport, 'onmessage' | 'onerror'> = {
    onmessage: (message) => {
      // What a socket that was given up still brings comes again over the next one.
      if (state.wire !== wire) return;
      ledger.hear(state.arrivedBytes);
      state.arrivedBytes = 0;
      state.transport.onmessage?.(message);
    },
    onerror: (error) => {
      if (state.wire === wire && state.socket?.readyState === WebSocket.OPEN) state.transport.onerror?.(error);
    },
  };
  Object.assign(wire, callbacks);
  await wire.start();
  if (grant !== undefined) goOn(state, wire);
  state.flowing = !state.done && state.socket?.readyState === WebSocket.OPEN;
  if (state.done) await wire.close();
}

/** Sends what the server has not heard. */
function goOn({ grant, ledger }: State, wire: Transport): void {
  if (grant === undefined || !ledger.confirm(grant.heard) || ledger.forgetful) {
    throw new MeshError('session_gone', 'The server does not stand where the session was cut.');
  }
  for (const message of ledger.unconfirmed()) void wire.send(message).catch(() => undefined);
}

/** Watches one socket until it closes. */
function follow(options: ResumingOptions, state: State, socket: WebSocket): void {
  const { ledger } = state;
  const heartbeat = createHeartbeat({ seconds: options.heartbeatSeconds });
  heartbeat.watch(socket);
  socket.on('message', (data: Buffer, isBinary) => {
    state.arrivedBytes += data.byteLength * (isBinary ? bestCompression : 1);
  });
  socket.on('ping', () => {
    ledger.acknowledge();
  });
  socket.on('pong', (payload) => {
    const count = readAcknowledgement(payload);
    if (count !== undefined) ledger.confirm(count);
  });
  socket.once('close', (code, reason) => {
    heartbeat.stop();
    if (state.socket !== socket || state.done) return;
    state.flowing = false;
    state.socket = undefined;
    lost(options, state, { code, reason: reason.toString() });
  });
}

interface Closed {
  readonly code: number;
  readonly reason: string;
}

function lost(options: ResumingOptions, state: State, { code, reason }: Closed): void {
  const why = reason === '' ? '' : ` (${reason})`;
  const error = new MeshError('unavailable', `The server closed the connection with code ${String(code)}${why}.`);
  const next = afterClose(code);
  if (next === 'end') end(options, state, error, 'never');
  else if (next === 'renew') end(options, state, error, 'at once');
  else if (state.grant === undefined || state.ledger.forgetful) end(options, state, error, 'later');
  else void resume(options, state, error);
}

/** Tries until the session goes on, or the server does not keep it any more. */
async function resume(options: ResumingOptions, state: State, cut: MeshError): Promise<void> {
  options.events.interrupted();
  const until = performance.now() + (state.grant?.keptSeconds ?? 0) * 1000;
  for (let tried = 0; !state.done; tried += 1) {
    await pause(backoffMilliseconds(tried, options.backoff), undefined, { signal: state.stopping.signal }).catch(
      () => undefined,
    );
    if (state.done) return;
    if (performance.now() > until) {
      end(options, state, cut, 'later');
      return;
    }
    try {
      await dial(options, state);
      if (state.flowing) options.events.resumed();
      return;
    } catch (failure) {
      const { error, passing } = readFailure(failure);
      if (passing) continue;
      end(options, state, error, error.code === 'session_gone' ? 'at once' : 'never');
    }
  }
}
