import { MeshError, type Clock } from '@devmesh/foundation';
import type { Bell, KeyValue } from '@devmesh/infrastructure';
import { z } from 'zod';
import type { Principal } from '../../identity/index.ts';

/** What a client says to a question. */
type CallAnswer =
  | { readonly result: Readonly<Record<string, unknown>> }
  | { readonly error: { readonly code: number; readonly message: string } };

/** A question that was put to a client. */
interface Question {
  readonly principal: Principal;
  readonly callId: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** Where questions of services wait for the answers of clients, which may come to another process. */
export interface CallDesk {
  /** Resolves with the answer; throws `upstream_timeout` where none comes in time. The question must be heard of only after `put`. */
  put(question: Question): Promise<{ readonly answered: Promise<CallAnswer> }>;
  /** Brings an answer; throws `not_found` where the key asked nothing like that, `invalid_state` where it was answered before. */
  answer(
    principal: Principal,
    at: { readonly callId: string; readonly requestId: string },
    answer: CallAnswer,
  ): Promise<void>;
  close(): Promise<void>;
}

interface DeskOptions {
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly clock: Clock;
  /** How long a question waits. Default 5 minutes. */
  readonly waitMilliseconds?: number;
}

const channel = 'call_answers';
/** A ring can be lost. */
const lookMilliseconds = 1_000;

const stored = z.union([
  z.object({ result: z.record(z.string(), z.unknown()) }),
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
]);

/** Builds the desk over what all processes share. */
export function createCallDesk({ keyvalue, bell, clock, waitMilliseconds = 300_000 }: DeskOptions): CallDesk {
  const waiting = new Map<string, () => void>();
  const listening = bell.listen(channel, (payload) => waiting.get(payload)?.());
  // Without the bell answers are found by looking.
  listening.catch(() => undefined);
  const ttlSeconds = Math.ceil(waitMilliseconds / 1_000) + 5;
  return {
    put: async ({ principal, callId, requestId, signal }) => {
      const key = keyOf(principal, callId, requestId);
      await keyvalue.set(`${key}:asked`, '1', ttlSeconds);
      const until = clock.now() + waitMilliseconds;
      return { answered: wait({ keyvalue, clock, waiting }, { key, until, signal }) };
    },
    answer: async (principal, { callId, requestId }, answer) => {
      const key = keyOf(principal, callId, requestId);
      if ((await keyvalue.get(`${key}:asked`)) === undefined) {
        throw new MeshError('not_found', `No call ${callId} waits for that answer.`);
      }
      if (!(await keyvalue.setIfAbsent(`${key}:answer`, JSON.stringify(answer), ttlSeconds))) {
        throw new MeshError('invalid_state', 'That was answered before.');
      }
      await bell.ring(channel, key);
    },
    close: async () => {
      const leave = await listening.catch(() => undefined);
      await leave?.();
    },
  };
}

/** Only the key that called finds its questions. */
function keyOf({ tenantId, keyId }: Principal, callId: string, requestId: string): string {
  return `${tenantId}:calls:${keyId} ${callId} ${requestId}`;
}

interface Waiting {
  readonly keyvalue: KeyValue;
  readonly clock: Clock;
  readonly waiting: Map<string, () => void>;
}

interface Wait {
  readonly key: string;
  readonly until: number;
  readonly signal: AbortSignal;
}

async function wait({ keyvalue, clock, waiting }: Waiting, { key, until, signal }: Wait): Promise<CallAnswer> {
  try {
    for (;;) {
      const heard = new AbortController();
      const wake = (): void => heard.abort();
      waiting.set(key, wake);
      signal.addEventListener('abort', wake, { once: true });
      const answer = await keyvalue.get(`${key}:answer`);
      if (answer !== undefined) return stored.parse(JSON.parse(answer));
      signal.throwIfAborted();
      if (clock.now() >= until) throw new MeshError('upstream_timeout', 'The client did not answer in time.');
      await clock.sleep(Math.min(lookMilliseconds, until - clock.now()), heard.signal);
      signal.removeEventListener('abort', wake);
    }
  } finally {
    waiting.delete(key);
    // What cannot be deleted now ends by itself.
    await keyvalue.delete(`${key}:asked`).catch(() => false);
    await keyvalue.delete(`${key}:answer`).catch(() => false);
  }
}
