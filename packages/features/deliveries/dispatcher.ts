import type { Clock, Service, Telemetry } from '@devmesh/foundation';
import type { Stream } from '@devmesh/infrastructure';
import type { Events } from '../events/index.ts';
import { createAgenda, type Agenda } from './agenda.ts';
import { dispatchTo, followingEndpoints, type DispatchOptions } from './dispatch.ts';
import type { Address } from './lease.ts';
import { ring } from './ring.ts';
import { selectPending } from './store-endpoints.ts';

export interface DispatcherOptions extends DispatchOptions {
  readonly events: Pick<Events, 'readAfter' | 'watch'>;
  readonly stream: Stream;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Between two looks at all endpoints, which make up for lost rings. Default 2,000. */
  readonly lookEveryMilliseconds?: number;
}

/** An endpoint that stays due is rung for again after this long. */
const ringAgainMilliseconds = 5_000;

/**
 * Follows the feed for every endpoint: woken by the feed's own ring, and by a regular look that also finds what was left by
 * others. Organizations without endpoints cost it nothing.
 */
export function createDispatcher(options: DispatcherOptions): Service {
  const { clock, events, lookEveryMilliseconds = 2_000 } = options;
  const stopping = new AbortController();
  const state: State = {
    agenda: createAgenda(lookEveryMilliseconds),
    subscribed: new Set(),
    rungAt: new Map(),
    nextLook: 0,
    problem: undefined,
  };
  const waking = createWaking(clock, stopping.signal);
  let unwatch: (() => void) | undefined;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const wait = waking.begin();
      await step(options, state, lookEveryMilliseconds);
      const next = Math.min(state.nextLook, state.agenda.next() ?? Number.POSITIVE_INFINITY);
      await wait(Math.max(0, next - clock.now()));
    }
  };
  return {
    name: 'delivery-dispatcher',
    start: async () => {
      unwatch = await events.watch((tenantId) => {
        if (!state.subscribed.has(tenantId)) return;
        state.agenda.found(tenantId);
        state.agenda.add(tenantId);
        waking.wake();
      });
      running ??= run();
    },
    ready: () =>
      Promise.resolve(state.problem === undefined ? { ready: true } : { ready: false, reason: state.problem }),
    stop: async () => {
      unwatch?.();
      stopping.abort();
      await running;
    },
  };
}

interface State {
  readonly agenda: Agenda;
  /** Organizations with enabled endpoints, as of the last look; a new one is found by the next. */
  subscribed: ReadonlySet<string>;
  /** When an endpoint that was due was rung for. */
  rungAt: ReadonlyMap<string, number>;
  nextLook: number;
  problem: string | undefined;
}

async function step(options: DispatcherOptions, state: State, lookEveryMilliseconds: number): Promise<void> {
  const { clock, telemetry } = options;
  try {
    if (clock.now() >= state.nextLook) {
      // Set before the look: one that fails is not repeated without a pause.
      state.nextLook = clock.now() + lookEveryMilliseconds;
      await look(options, state);
      state.problem = undefined;
    }
    for (const tenantId of state.agenda.take(clock.now())) await dispatchTenant(options, state.agenda, tenantId);
  } catch (error) {
    state.problem = 'its last look failed';
    telemetry.log.error('following the feed for endpoints failed; it is tried again', error);
  }
}

/** Looks at all endpoints of all organizations. */
async function look(options: DispatcherOptions, state: State): Promise<void> {
  const now = options.clock.now();
  const pending = await options.database.system('deliver', selectPending);
  state.subscribed = new Set(pending.map(({ tenantId }) => tenantId));
  for (const { tenantId, behind } of pending) if (behind) state.agenda.add(tenantId);
  const due = pending.filter((one) => one.due);
  const recently = (endpointId: string): number | undefined => {
    const at = state.rungAt.get(endpointId);
    return at !== undefined && now - at < ringAgainMilliseconds ? at : undefined;
  };
  for (const address of due) if (recently(address.endpointId) === undefined) await ring(options, address);
  state.rungAt = new Map(due.map(({ endpointId }) => [endpointId, recently(endpointId) ?? now]));
}

/** Gives each endpoint of an organization one batch; those with more to read get their next turn after the others. */
async function dispatchTenant(options: DispatcherOptions, agenda: Agenda, tenantId: string): Promise<void> {
  const { clock, database, telemetry } = options;
  let read = 0;
  let more = false;
  try {
    for (const endpointId of await followingEndpoints(options, tenantId)) {
      const address: Address = { tenantId, endpointId };
      const done = await database.tenant(tenantId, (tx) => dispatchTo(options, tx, address));
      if (done.made > 0) await ring(options, address);
      read += done.read;
      more ||= done.more;
    }
  } catch (error) {
    telemetry.log.error('making deliveries for an organization failed; it is tried again', error, {
      'devmesh.tenant_id': tenantId,
    });
  }
  if (read > 0) agenda.found(tenantId);
  if (more) agenda.add(tenantId);
  // The ring may have come before its event can be read: an older transaction is still open.
  else if (read === 0) agenda.addAgain(tenantId, clock.now());
}

interface Waking {
  /** Begins to listen for a wake; the wait that it returns ends at a wake since then, or after its time. */
  begin(): (milliseconds: number) => Promise<void>;
  wake(): void;
}

function createWaking(clock: Clock, signal: AbortSignal): Waking {
  let woken = new AbortController();
  signal.addEventListener('abort', () => woken.abort(), { once: true });
  return {
    begin: () => {
      if (!signal.aborted) woken = new AbortController();
      const { signal: wake } = woken;
      return (milliseconds) => clock.sleep(milliseconds, wake);
    },
    wake: () => woken.abort(),
  };
}
