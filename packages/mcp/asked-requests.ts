import { MeshError } from '@devmesh/foundation';
import { notificationText, requestText, type Params, type ResponseMessage } from './message.ts';

/** Asks the client of a request something, and hands its answer over. */
export type Ask = (method: string, params: Params, signal?: AbortSignal) => Promise<Params>;

interface Question {
  readonly method: string;
  readonly params: Params;
  /** Aborts when nobody waits for the answer any more. */
  readonly signals: readonly AbortSignal[];
  readonly send: (text: string) => void;
}

/** What one connection's client was asked and has not answered. */
export interface AskedRequests {
  /** Resolves with the client's result. Throws `upstream_failed` with its error, `rate_limited` where it has too much to answer. */
  ask(question: Question): Promise<Params>;
  /** Takes an answer; one to nothing is dropped. */
  settle(response: ResponseMessage): void;
  /** The client is gone: what it was asked fails with `unavailable`. */
  end(): void;
}

interface Waiting {
  readonly resolve: (result: Params) => void;
  readonly reject: (error: Error) => void;
}

const mostAtOnce = 16;

/** Keeps the questions of one connection. */
export function createAskedRequests(): AskedRequests {
  const waiting = new Map<string, Waiting>();
  let asked = 0;

  const ask = async ({ method, params, signals, send }: Question): Promise<Params> => {
    for (const signal of signals) signal.throwIfAborted();
    if (waiting.size >= mostAtOnce) {
      throw new MeshError('rate_limited', 'The client has too many questions to answer.', { retryAfterSeconds: 1 });
    }
    asked += 1;
    // Of another form than clients choose, so that a log tells whose a request is.
    const id = `server-${String(asked)}`;
    const cancel = (): void => {
      if (!waiting.delete(id)) return;
      send(notificationText('notifications/cancelled', { requestId: id, reason: 'Nobody waits for the answer.' }));
      abandon(new MeshError('unavailable', 'The question was taken back.'));
    };
    let abandon: Waiting['reject'] = () => undefined;
    const answer = new Promise<Params>((resolve, reject) => {
      abandon = reject;
      waiting.set(id, { resolve, reject });
    });
    for (const signal of signals) signal.addEventListener('abort', cancel, { once: true });
    try {
      send(requestText(id, method, params));
      return await answer;
    } finally {
      waiting.delete(id);
      for (const signal of signals) signal.removeEventListener('abort', cancel);
    }
  };

  return {
    ask,
    settle: ({ id, result, error }) => {
      const one = typeof id === 'string' ? waiting.get(id) : undefined;
      if (one === undefined || typeof id !== 'string') return;
      waiting.delete(id);
      if (result !== undefined) one.resolve(result);
      else one.reject(new MeshError('upstream_failed', `The client answered: ${error?.message ?? 'an error'}`));
    },
    end: () => {
      for (const one of waiting.values()) one.reject(new MeshError('unavailable', 'The client has gone.'));
      waiting.clear();
    },
  };
}
