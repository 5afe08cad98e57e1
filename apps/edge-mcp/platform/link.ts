import { basePath, operations, type Fetch, type Perform } from '@devmesh/api';
import { MeshError, type Clock, type Logger } from '@devmesh/foundation';
import { problemResponse } from '@devmesh/infrastructure/process';
import { isOutage } from './outage.ts';

interface LinkOptions {
  /** Origin of the platform. */
  readonly platformUrl: string;
  readonly fetch: Fetch;
  /** Where the platform is in this process. */
  readonly perform?: Perform | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The way to the platform, with a circuit breaker. A request that fails, or waits long while nothing else is answered, makes it
 * ask the platform for its health; only where that fails too is the platform down. Until a probe succeeds everything is then
 * refused at once as `unavailable`, also what was waiting.
 */
export interface PlatformLink {
  readonly fetch: Fetch;
  readonly perform: Perform | undefined;
  /** Since when the platform is down (Unix milliseconds); undefined while it answers. */
  readonly downSince: number | undefined;
  /** Calls back when the platform went down, and when it is back. */
  onChange(listener: (down: boolean) => void): void;
  /** Ends its probes. */
  close(): void;
}

/** A request without an answer for so long makes it doubt, unless others were answered meanwhile. */
const patienceMilliseconds = 5_000;
const lookMilliseconds = 1_000;
const probeMilliseconds = 2_000;
const firstPause = 500;
const longestPause = 5_000;

interface State {
  readonly options: LinkOptions;
  readonly listeners: Set<(down: boolean) => void>;
  readonly waiting: Map<Refuse, number>;
  readonly closing: AbortController;
  downSince: number | undefined;
  nextProbeAt: number;
  lastAnswerAt: number;
  /** When a probe last succeeded. */
  provedAt: number;
  probing: Promise<boolean> | undefined;
  watching: boolean;
}

type Refuse = () => void;

/** Builds the link; it asks nothing before its first request. */
export function createPlatformLink(options: LinkOptions): PlatformLink {
  const state: State = {
    options,
    listeners: new Set(),
    waiting: new Map(),
    closing: new AbortController(),
    downSince: undefined,
    nextProbeAt: 0,
    lastAnswerAt: options.clock.now(),
    provedAt: -Infinity,
    probing: undefined,
    watching: false,
  };
  const { perform } = options;
  return {
    fetch: (request) =>
      state.downSince === undefined ? send(state, request) : Promise.resolve(problemResponse(refusal(state))),
    perform:
      perform &&
      ((call) => (state.downSince === undefined ? direct(state, perform(call)) : Promise.reject(refusal(state)))),
    get downSince() {
      return state.downSince;
    },
    onChange: (listener) => {
      state.listeners.add(listener);
    },
    close: () => state.closing.abort(),
  };
}

/** The answer to a request, or a refusal as soon as the platform is known to be down. */
function send(state: State, request: Request): Promise<Response> {
  const { clock, fetch, log } = state.options;
  return new Promise((resolve, reject) => {
    const refuse: Refuse = () => resolve(problemResponse(refusal(state)));
    state.waiting.set(refuse, clock.now());
    void watch(state);
    const answered = (response: Response): void => {
      // It was refused meanwhile.
      if (!state.waiting.delete(refuse)) void response.body?.cancel();
      if (isDoubtful(response)) void doubt(state);
      else state.lastAnswerAt = clock.now();
      resolve(response);
    };
    const failed = (error: unknown): void => {
      state.waiting.delete(refuse);
      if (request.signal.aborted) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      log.debug('a request did not reach the platform', { 'error.message': String(error) });
      void doubt(state);
      refuse();
    };
    fetch(request).then(answered, failed);
  });
}

/** The same for a call that is performed in this process. */
function direct(state: State, performing: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const refuse: Refuse = () => reject(refusal(state));
    state.waiting.set(refuse, state.options.clock.now());
    void watch(state);
    const answered = (result: unknown): void => {
      state.waiting.delete(refuse);
      state.lastAnswerAt = state.options.clock.now();
      resolve(result);
    };
    const failed = (error: unknown): void => {
      state.waiting.delete(refuse);
      if (isOutage(error)) void doubt(state);
      else state.lastAnswerAt = state.options.clock.now();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    performing.then(answered, failed);
  });
}

/** What a platform that is down, or a proxy before it, answers; one service that fails may give the same. */
function isDoubtful({ status }: Response): boolean {
  return status === 500 || (status >= 502 && status <= 504);
}

/** Looks after requests that wait, as long as there are any. */
async function watch(state: State): Promise<void> {
  if (state.watching) return;
  state.watching = true;
  const { clock } = state.options;
  while (state.waiting.size > 0 && !state.closing.signal.aborted) {
    await clock.sleep(lookMilliseconds, state.closing.signal);
    const [oldest = Infinity] = state.waiting.values();
    const silentSince = Math.max(oldest, state.lastAnswerAt);
    if (clock.now() - silentSince >= patienceMilliseconds) await doubt(state);
  }
  state.watching = false;
}

/** Asks for a second opinion, once at a time; the platform is down where that is no better. */
async function doubt(state: State): Promise<void> {
  if (state.downSince !== undefined || state.probing !== undefined) return;
  if (state.options.clock.now() - state.provedAt < lookMilliseconds) return;
  if (!(await probe(state)) && !state.closing.signal.aborted) fall(state);
}

function fall(state: State): void {
  const { clock, log } = state.options;
  state.downSince = clock.now();
  log.warn('the platform does not answer; calls are refused until it does');
  void recover(state);
  const waiting = [...state.waiting.keys()];
  state.waiting.clear();
  for (const refuse of waiting) refuse();
  for (const listener of state.listeners) listener(true);
}

async function recover(state: State): Promise<void> {
  const { clock, log } = state.options;
  const { signal } = state.closing;
  let pause = firstPause;
  do {
    state.nextProbeAt = clock.now() + pause;
    await clock.sleep(pause, signal);
    if (signal.aborted) return;
    pause = Math.min(longestPause, pause * 2);
  } while (!(await probe(state)));
  const seconds = Math.round((clock.now() - (state.downSince ?? 0)) / 1_000);
  state.downSince = undefined;
  log.info('the platform answers again', { seconds });
  for (const listener of state.listeners) listener(false);
}

/** Whether the platform works. One that answers but has lost its database does not. */
function probe(state: State): Promise<boolean> {
  state.probing ??= ask(state).finally(() => {
    state.probing = undefined;
  });
  return state.probing;
}

async function ask(state: State): Promise<boolean> {
  const { closing, options } = state;
  const { platformUrl, fetch, clock } = options;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  closing.signal.addEventListener('abort', end, { once: true });
  const late = clock.sleep(probeMilliseconds, ending.signal).then(() => false);
  try {
    const url = new URL(basePath + operations.system.health.path, platformUrl);
    const works = await Promise.race([fetch(new Request(url, { signal: ending.signal })).then(isWorking), late]);
    if (works) state.provedAt = state.lastAnswerAt = clock.now();
    return works;
  } catch {
    // Whatever it was, nobody works there.
    return false;
  } finally {
    ending.abort();
    closing.signal.removeEventListener('abort', end);
  }
}

async function isWorking(response: Response): Promise<boolean> {
  if (!response.ok) return false;
  const health = operations.system.health.response.safeParse(await response.json());
  return health.success && health.data.components.every(({ name, ready }) => ready || name !== 'database');
}

function refusal({ options: { clock }, downSince, nextProbeAt }: State): MeshError {
  const since = new Date(downSince ?? clock.now()).toISOString();
  const sentence = `The platform does not answer, since ${since}; the gateway asks it again by itself.`;
  const retryAfterSeconds = Math.max(1, Math.ceil((nextProbeAt - clock.now()) / 1_000));
  return new MeshError('unavailable', sentence, { retryAfterSeconds });
}
