import type { Random } from '../chaos/random.ts';
import { malformed } from './malformed.ts';
import type { Tally } from './tally.ts';

/** Who sends where, and how much. */
export interface Attack {
  readonly url: string;
  /** A key that has sent nothing malformed yet. */
  readonly nextKey: () => string;
  readonly messages: number;
  readonly random: Random;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** Messages that one key sends: then it is refused unread, and the next one goes on. */
const messagesOfKey = 100;
const sideBySide = 8;

/** Sends malformed messages to `/mcp`, within and without sessions. Each must be answered. */
export async function attackHttp(attack: Attack): Promise<void> {
  const { messages, tally, signal } = attack;
  let sent = 0;
  const work = async (): Promise<void> => {
    while (sent < messages && !signal.aborted) {
      const key = attack.nextKey();
      const session = await openSession(attack.url, key);
      for (let count = 0; count < messagesOfKey && sent < messages; count += 1) {
        sent += 1;
        tally.count('http', await sendOne(attack, { key, session }));
      }
      // A session may stay unused for long: that memory is meant to be held.
      if (session !== undefined) await closeSession(attack.url, { key, session });
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
}

interface Sender {
  readonly key: string;
  readonly session: string | undefined;
}

async function openSession(url: string, key: string): Promise<string | undefined> {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const response = await fetch(url, { method: 'POST', headers: headersOf(key), body });
  await response.text();
  return response.headers.get('mcp-session-id') ?? undefined;
}

async function closeSession(url: string, { key, session }: Required<Sender>): Promise<void> {
  const headers = { ...headersOf(key), 'mcp-session-id': session ?? '' };
  await (await fetch(url, { method: 'DELETE', headers })).text();
}

function headersOf(key: string): Record<string, string> {
  return {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
}

async function sendOne({ url, random }: Attack, { key, session }: Sender): Promise<string> {
  const { data } = malformed(random);
  const headers = headersOf(key);
  if (session !== undefined && random.next() < 0.7) headers['mcp-session-id'] = session;
  if (random.next() < 0.1) Object.assign(headers, random.pick(oddHeaders));
  const method = random.next() < 0.97 ? 'POST' : (random.pick(['PUT', 'OPTIONS', 'PATCH']) ?? 'PUT');
  const body = typeof data === 'string' ? data : new Uint8Array(data);
  try {
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(30_000) });
    // What is streamed may go on for as long as its session: its head is the answer.
    if (response.headers.get('content-type') === 'text/event-stream') await response.body?.cancel();
    else await response.text();
    return String(response.status);
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return cause?.code ?? (error as Error).name;
  }
}

const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'mcp-session-id': '00000000-0000-0000-0000-000000000000' },
  { 'mcp-session-id': "' or 1=1 --" },
  { 'mcp-protocol-version': '1999-01-01' },
  { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' },
  { accept: 'image/png' },
  { authorization: 'Bearer dm_user_nobody' },
  { origin: 'https://evil.example' },
  { traceparent: '00-zz-zz-01' },
  { 'last-event-id': '../../x' },
];
