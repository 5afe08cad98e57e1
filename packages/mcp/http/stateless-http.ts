import { setImmediate } from 'node:timers/promises';
import { MeshError, toMeshError } from '@devmesh/foundation';
import type { McpEndpoint } from '../endpoint.ts';
import type { RequestMessage } from '../message.ts';
import { errorAnswer } from './answers.ts';
import { checkStatelessHeaders, mirroredIn } from './stateless-headers.ts';
import { createReply, type Reply } from './stateless-reply.ts';

/** Answers requests of clients without sessions over HTTP. */
export interface StatelessHttp<Principal> {
  /** Requests being worked on. */
  readonly pending: number;
  /** Answers one request. Never rejects. */
  answer(request: Request, principal: Principal, message: RequestMessage): Promise<Response>;
  /** Says on each open stream that somebody is there. */
  keepAlive(): void;
  /** Ends subscriptions in good order; resolves when nothing is worked on any more. */
  drain(): Promise<void>;
}

interface StatelessHttpOptions<Principal> {
  readonly endpoint: Pick<McpEndpoint<Principal>, 'answer'>;
  readonly ownerOf: (principal: Principal) => string;
  /** Requests of one owner that may be worked on at once. */
  readonly maximumPerOwner: number;
  /** Milliseconds after which an answer becomes a stream. */
  readonly quietMilliseconds: number;
}

/** Creates it. */
export function createStatelessHttp<Principal>(options: StatelessHttpOptions<Principal>): StatelessHttp<Principal> {
  const perOwner = new Map<string, number>();
  const running = new Map<Reply, Promise<void>>();
  const closing = new AbortController();

  const begin = (owner: string): void => {
    const count = perOwner.get(owner) ?? 0;
    if (count >= options.maximumPerOwner) {
      const sentence = `This key already has ${String(count)} requests in progress.`;
      throw new MeshError('rate_limited', sentence, { retryAfterSeconds: 1 });
    }
    perOwner.set(owner, count + 1);
  };
  const end = (owner: string): void => {
    const count = perOwner.get(owner) ?? 1;
    if (count > 1) perOwner.set(owner, count - 1);
    else perOwner.delete(owner);
  };

  const work = async (reply: Reply, request: Request, principal: Principal, message: RequestMessage): Promise<void> => {
    const answer = await options.endpoint.answer({
      principal,
      channel: { kind: 'http', send: (text) => reply.send(text), close: () => undefined },
      request: message,
      signal: reply.signal,
      closing: closing.signal,
      traceparent: request.headers.get('traceparent') ?? undefined,
      mirrored: message.method === 'tools/call' ? mirroredIn(request) : undefined,
    });
    end(options.ownerOf(principal));
    running.delete(reply);
    reply.finish(answer);
  };

  return {
    get pending() {
      return running.size;
    },
    answer: async (request, principal, message) => {
      try {
        checkStatelessHeaders(request, message);
        begin(options.ownerOf(principal));
      } catch (failure) {
        return errorAnswer(toMeshError(failure), undefined, message.id);
      }
      const reply = createReply(request, options.quietMilliseconds);
      running.set(reply, work(reply, request, principal, message));
      return reply.response;
    },
    keepAlive: () => {
      for (const reply of running.keys()) reply.keepAlive();
    },
    drain: async () => {
      closing.abort();
      await Promise.allSettled(running.values());
      // A turn for the transport, so that the last words are written before it closes.
      await setImmediate();
    },
  };
}
