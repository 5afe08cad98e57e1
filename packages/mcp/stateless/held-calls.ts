import { randomUUID } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { InputRequest, RequestContext } from '../handlers.ts';
import type { Params } from '../message.ts';

/** How far a call has come: it has ended, or its client has to answer questions. */
export type Turn =
  | { readonly kind: 'ended'; readonly result: object }
  | {
      readonly kind: 'asking';
      readonly inputRequests: Readonly<Record<string, InputRequest>>;
      readonly requestState: string;
    };

/** Whose a call is, and which: only the same client's same request goes on with it. */
interface Claim {
  readonly owner: string;
  /** What the retry must have in common with the first try. */
  readonly fingerprint: string;
}

interface Begin extends Claim {
  readonly context: RequestContext;
  /** Does the work; what it asks becomes questions to the client. */
  readonly work: (context: RequestContext) => Promise<object>;
}

interface Resume extends Claim {
  readonly context: RequestContext;
}

/**
 * Calls that go on while their client, which cannot be asked on an open stream, gathers answers: the questions are the result of
 * one request, and the next request brings the answers. Kept in this process for some minutes.
 */
export interface HeldCalls {
  readonly size: number;
  begin(options: Begin): Promise<Turn>;
  /** Goes on with the call that the state names. Throws `invalid_request` for one that is not there, or not this client's. */
  resume(options: Resume): Promise<Turn>;
  /** Ends all. */
  end(): void;
}

interface HeldCallsOptions {
  /** How long a client has for its answers, in milliseconds. */
  readonly patienceMilliseconds: number;
  readonly maximum: number;
  readonly maximumPerOwner: number;
}

interface Question extends InputRequest {
  readonly settle: (answer: Params) => void;
  readonly fail: (error: Error) => void;
}

interface Held extends Claim {
  readonly state: string;
  readonly questions: Map<string, Question>;
  readonly abort: AbortController;
  readonly ended: Promise<Turn>;
  /** The request that waits for the next turn; none while the client gathers answers. */
  attached: RequestContext | undefined;
  asked: () => void;
}

/** Calls whose clients gather answers. */
interface Parking {
  readonly size: number;
  /** Takes a call up; ends it and throws `rate_limited` where there are too many. */
  park(held: Held): void;
  /** Hands over the call that this state names, if it is there and of this claim. */
  fetch(state: string | undefined, claim: Claim): Held | undefined;
  end(): void;
}

function createParking(options: HeldCallsOptions): Parking {
  const parked = new Map<string, Held>();
  const lapses = new Map<string, NodeJS.Timeout>();
  const drop = ({ state }: Held): void => {
    clearTimeout(lapses.get(state));
    lapses.delete(state);
    parked.delete(state);
  };
  const lapse = (held: Held): void => {
    drop(held);
    endCall(held);
  };
  return {
    get size() {
      return parked.size;
    },
    park: (held) => {
      const owned = [...parked.values()].filter(({ owner }) => owner === held.owner).length;
      if (parked.size >= options.maximum || owned >= options.maximumPerOwner) {
        endCall(held);
        const sentence = 'Too many calls wait for answers of their clients.';
        throw new MeshError('rate_limited', sentence, { retryAfterSeconds: 30 });
      }
      held.attached = undefined;
      parked.set(held.state, held);
      lapses.set(held.state, setTimeout(lapse, options.patienceMilliseconds, held).unref());
    },
    fetch: (state, { owner, fingerprint }) => {
      const held = parked.get(state ?? '');
      if (held?.owner !== owner || held.fingerprint !== fingerprint) return undefined;
      drop(held);
      return held;
    },
    end: () => {
      for (const held of parked.values()) lapse(held);
    },
  };
}

/** Keeps no more than so many calls, for so long. */
export function createHeldCalls(options: HeldCallsOptions): HeldCalls {
  const parking = createParking(options);

  /** Waits for the end or for questions, whichever comes first; the request's own end ends the call. */
  const nextTurn = async (held: Held, context: RequestContext): Promise<Turn> => {
    held.attached = context;
    const cancel = (): void => {
      endCall(held);
    };
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      const turn = await Promise.race([held.ended, untilAsked(held)]);
      if (turn !== 'asked') return turn;
      parking.park(held);
      return { kind: 'asking', inputRequests: questionsOf(held), requestState: held.state };
    } finally {
      context.signal.removeEventListener('abort', cancel);
    }
  };

  return {
    get size() {
      return parking.size;
    },
    begin: ({ context, work, ...claim }) => nextTurn(hold(claim, context, work), context),
    resume: ({ context, ...claim }) => {
      const held = parking.fetch(context.requestState, claim);
      if (held === undefined) return Promise.reject(unknownState());
      for (const [key, { settle }] of Array.from(held.questions)) {
        const answer = context.inputResponses[key];
        if (answer === undefined) continue;
        held.questions.delete(key);
        settle(answer);
      }
      return nextTurn(held, context);
    },
    end: () => {
      parking.end();
    },
  };
}

function endCall({ abort, questions }: Held): void {
  abort.abort();
  for (const { fail } of questions.values()) fail(new MeshError('unavailable', 'The client did not answer.'));
  questions.clear();
}

/** Resolves when there are questions; a turn late, so that those that are asked together are put together. */
function untilAsked(held: Held): Promise<'asked'> {
  return new Promise((resolve) => {
    held.asked = () => {
      setImmediate(resolve, 'asked');
    };
    if (held.questions.size > 0) held.asked();
  });
}

/** Starts the work, with a context that speaks through whichever request is attached. */
function hold(claim: Claim, first: RequestContext, work: Begin['work']): Held {
  const questions: Held['questions'] = new Map();
  const abort = new AbortController();
  let count = 0;
  const context: RequestContext = {
    ...first,
    signal: abort.signal,
    progress: (progress) => held.attached?.progress(progress),
    notify: (method, params) => held.attached?.notify(method, params),
    ask: (method, params) => {
      count += 1;
      const key = `question-${String(count)}`;
      return new Promise<Params>((settle, fail) => {
        questions.set(key, { method, params, settle, fail });
        held.asked();
      });
    },
  };
  const held: Held = {
    ...claim,
    state: randomUUID(),
    questions,
    abort,
    attached: first,
    asked: () => undefined,
    // A turn later, when it can be spoken through.
    ended: Promise.resolve().then(async () => ({ kind: 'ended', result: await work(context) })),
  };
  // It may fail while nobody waits for it; whoever comes next hears of it.
  held.ended.catch(() => undefined);
  return held;
}

function questionsOf({ questions }: Held): Readonly<Record<string, InputRequest>> {
  return Object.fromEntries([...questions].map(([key, { method, params }]) => [key, { method, params }]));
}

/** The refusal of a `requestState` that names nothing of this client and request. */
export function unknownState(): MeshError {
  const message = 'is not one that this request of yours was given, or its time is over; send the request without it';
  return new MeshError('invalid_request', 'The requestState names no call that waits for answers.', {
    issues: [{ path: 'requestState', message }],
  });
}
