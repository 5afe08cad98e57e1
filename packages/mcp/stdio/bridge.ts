import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createLineReader, MeshError } from '@devmesh/foundation';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { backoffMilliseconds, defaultBackoff, type BackoffOptions } from '../client/backoff.ts';
import { readFailure } from '../client/close-reasons.ts';
import { createResumingTransport } from '../client/resuming-transport.ts';
import { errorText, isRecord, parseMessage } from '../message.ts';
import { createConversation, type Conversation, type Json } from './conversation.ts';
import { greet } from './greet.ts';

/** A client on standard streams, and the server that it is to reach. */
export interface BridgeOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** A `ws:` or `wss:` address of an MCP endpoint. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Told what becomes of the connection, in sentences for people. */
  readonly onChange: (sentence: string) => void;
  /** Ends the bridge in good order. */
  readonly signal: AbortSignal;
  readonly backoff?: Partial<BackoffOptions> | undefined;
  /** How long requests wait for a server that cannot be reached before they fail; 20 seconds unless told. */
  readonly patienceMilliseconds?: number | undefined;
  /** How long answers are waited for once the client has said all; 10 seconds unless told. */
  readonly lastAnswersMilliseconds?: number | undefined;
}

/** A message, or a batch of them. */
type Said = Json | readonly Json[];

function isBatch(message: Said): message is readonly Json[] {
  return Array.isArray(message);
}

interface Bridge {
  readonly options: BridgeOptions;
  readonly backoff: BackoffOptions;
  readonly conversation: Conversation;
  /** What the next session is to be sent. */
  readonly queue: Said[];
  readonly over: AbortController;
  link: Transport | undefined;
  connecting: boolean;
  /** Why there is no server, once that was waited for long enough. */
  absent: MeshError | undefined;
  failure: MeshError | undefined;
}

const maximumMessageBytes = 4 * 1024 * 1024;
/** Messages that may wait for a session. */
const longestQueue = 1_000;
/** Requests without an answer above which no more are read. */
const mostWaiting = 256;
/** Bytes that a client may leave unread. */
const maximumUnreadBytes = 64 * 1024 * 1024;
/** How long answers are waited for once the client has said all; unless told. */
const lastAnswersMilliseconds = 10_000;

/**
 * Carries MCP between a client on standard streams, a message a line, and a server over WebSocket, in every revision. Cut connections
 * are resumed; a lost session is begun anew as the client began it, what only reads is asked again and all else is answered with an
 * error. Connects once the client says something; resolves when the client or the signal has ended it, with the reason where the server
 * did.
 */
export async function bridgeStdio(options: BridgeOptions): Promise<MeshError | undefined> {
  const bridge: Bridge = {
    options,
    backoff: { ...defaultBackoff, ...options.backoff },
    conversation: createConversation(),
    queue: [],
    over: new AbortController(),
    link: undefined,
    connecting: false,
    absent: undefined,
    failure: undefined,
  };
  const { input, output, signal } = options;
  const ended = new Promise<void>((resolve) => {
    bridge.over.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const read = createLineReader({
    maximumBytes: maximumMessageBytes,
    onLine: (line) => {
      hearClient(bridge, line);
    },
    onTooLong: () => {
      const sentence = `A message has at most ${String(maximumMessageBytes)} bytes.`;
      write(bridge, errorText(null, new MeshError('too_large', sentence)));
    },
  });
  input.on('data', (chunk: Buffer) => {
    read(chunk);
    flow(bridge);
  });
  input.once('end', () => void finishSoon(bridge));
  input.once('error', () => finish(bridge));
  // Whoever read the answers has gone.
  output.once('error', () => finish(bridge));
  if (signal.aborted) finish(bridge);
  signal.addEventListener('abort', () => finish(bridge), { once: true });
  await ended;
  input.pause();
  await bridge.link?.close();
  return bridge.failure;
}

/** Reads on, or no further where enough waits for its answer. */
function flow({ options: { input }, conversation }: Bridge): void {
  if (conversation.waiting.size >= mostWaiting) input.pause();
  else if (input.isPaused()) input.resume();
}

function hearClient(bridge: Bridge, line: string): void {
  if (line.trim() === '') return;
  const read = parseMessage(line);
  if (read.kind === 'invalid') {
    write(bridge, errorText(read.id, read.error));
    return;
  }
  const message = JSON.parse(line) as Said;
  if (!isBatch(message)) {
    const noted = bridge.conversation.fromClient(message);
    if (noted !== undefined) send(bridge, noted);
    return;
  }
  // What is no message among them is for the server to refuse.
  const noted = message.map((one: Json) => (isRecord(one) ? bridge.conversation.fromClient(one) : one));
  const all = noted.filter((one) => one !== undefined);
  if (all.length > 0) send(bridge, all);
}

function send(bridge: Bridge, message: Said): void {
  const { link, queue, absent } = bridge;
  if (link !== undefined) {
    void link.send(message as JSONRPCMessage).catch(() => undefined);
    return;
  }
  const full = queue.length >= longestQueue ? new MeshError('unavailable', 'Too many messages wait.') : undefined;
  const refused = absent ?? full;
  if (refused === undefined) queue.push(message);
  else for (const { id } of isBatch(message) ? message : [message]) refuse(bridge, id, refused);
  if (!bridge.connecting) void connect(bridge);
}

function hearServer(bridge: Bridge, message: Said): void {
  const { conversation, options } = bridge;
  const noted = isBatch(message)
    ? message.map((one) => conversation.fromServer(one))
    : conversation.fromServer(message);
  write(bridge, JSON.stringify(noted));
  if (options.output.writableLength <= maximumUnreadBytes) flow(bridge);
  else finish(bridge, new MeshError('unavailable', 'The client does not read what it is sent.'));
}

function write({ options: { output }, over }: Bridge, text: string): void {
  if (!over.signal.aborted && output.writable) output.write(`${text}\n`);
}

/** Answers a request that nobody else will; notifications have no answer. */
function refuse(bridge: Bridge, id: unknown, error: MeshError): void {
  if (typeof id !== 'string' && typeof id !== 'number') return;
  if (!bridge.conversation.waiting.has(id)) return;
  bridge.conversation.forget(id);
  write(bridge, errorText(id, error));
}

function refuseAll(bridge: Bridge, error: MeshError): void {
  for (const id of bridge.conversation.waiting.keys()) refuse(bridge, id, error);
}

/** Tries until there is a session, or the server wants none. */
async function connect(bridge: Bridge): Promise<void> {
  const { options, backoff, over, queue } = bridge;
  bridge.connecting = true;
  const patientUntil = performance.now() + (options.patienceMilliseconds ?? 20_000);
  for (let tried = 0; !over.signal.aborted; tried += 1) {
    try {
      const link = await open(bridge);
      if (over.signal.aborted) return await link.close();
      bridge.link = link;
      bridge.connecting = false;
      if (tried > 0) options.onChange(`Connected to ${options.url}.`);
      bridge.absent = undefined;
      for (const message of queue.splice(0)) send(bridge, message);
      return;
    } catch (failure) {
      const { error, passing } = readFailure(failure);
      if (over.signal.aborted) return;
      if (!passing) return finish(bridge, error);
      if (tried === 0) options.onChange(`${error.message} It is tried again.`);
      if (performance.now() >= patientUntil) {
        bridge.absent = error;
        queue.length = 0;
        refuseAll(bridge, error);
      }
    }
    await pause(backoffMilliseconds(tried, backoff), undefined, { signal: over.signal }).catch(() => undefined);
  }
}

/** Opens a session, and begins it as the client began its first. */
async function open(bridge: Bridge): Promise<Transport> {
  const { options, backoff, conversation } = bridge;
  let endEarly: (reason: MeshError) => void = () => undefined;
  const early = new Promise<never>((_resolve, reject) => {
    endEarly = reject;
  });
  // Nobody may be waiting for it.
  early.catch(() => undefined);
  const transport = createResumingTransport({
    url: options.url,
    headers: options.headers,
    binary: true,
    unjudged: true,
    backoff,
    heartbeatSeconds: 15,
    events: {
      interrupted: () => options.onChange('The connection was cut; it is being resumed.'),
      resumed: () => options.onChange('The connection goes on; nothing was missed.'),
      over: (reason, anew) => {
        if (bridge.link === transport) lose(bridge, { reason, ends: anew === 'never' });
        else endEarly(reason);
      },
    },
  });
  let hear = (message: Said): void => hearServer(bridge, message);
  const callbacks: Pick<Transport, 'onmessage'> = { onmessage: (message) => hear(message) };
  await Object.assign(transport, callbacks).start();
  const { greeting } = conversation;
  if (greeting === undefined) return transport;
  const hearClientAgain = hear;
  const greeted = greet(greeting, (message) => transport.send(message as JSONRPCMessage));
  hear = greeted.hear;
  try {
    const changed = await Promise.race([greeted.changes, early]);
    for (const method of changed) write(bridge, JSON.stringify({ jsonrpc: '2.0', method }));
  } catch (error) {
    await transport.close();
    throw error;
  }
  hear = hearClientAgain;
  return transport;
}

function lose(bridge: Bridge, { reason, ends }: { readonly reason: MeshError; readonly ends: boolean }): void {
  const { conversation, options, queue } = bridge;
  bridge.link = undefined;
  if (ends) {
    finish(bridge, reason);
    return;
  }
  options.onChange(`${reason.message} Another session is begun.`);
  const { takenBack, repeat, failed } = conversation.lose();
  for (const message of takenBack) write(bridge, JSON.stringify(message));
  const lost = 'The session with the server was lost while this was in progress: whether it was done is not known.';
  for (const id of failed) write(bridge, errorText(id, new MeshError('unavailable', lost, { cause: reason })));
  queue.push(...repeat);
  void connect(bridge);
}

/** The client has said all that it wants to say. */
async function finishSoon(bridge: Bridge): Promise<void> {
  const until = performance.now() + (bridge.options.lastAnswersMilliseconds ?? lastAnswersMilliseconds);
  while (bridge.conversation.waiting.size > 0 && performance.now() < until && !bridge.over.signal.aborted) {
    await pause(20);
  }
  const late = new MeshError('unavailable', 'The answer did not come in time after the client had ended.');
  finish(bridge, bridge.conversation.waiting.size > 0 ? late : undefined);
}

function finish(bridge: Bridge, failure?: MeshError): void {
  if (bridge.over.signal.aborted) return;
  if (failure !== undefined) refuseAll(bridge, failure);
  bridge.failure = failure;
  bridge.over.abort();
}
