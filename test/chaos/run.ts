import { setTimeout as sleep } from 'node:timers/promises';
import { configuredAttempts, planDeliveries, type Delivery } from './deliveries.ts';
import { openEmbedded } from './embedded.ts';
import type { Figures, Outcome, RunContext } from './outcome.ts';
import { percentile } from './percentile.ts';
import { planStrikes } from './plan.ts';
import { showProgress } from './progress.ts';
import { createRandom } from './random.ts';
import { createSender, type Sender } from './sender.ts';
import { openServers } from './servers.ts';
import { registerOrganizations, type Organization } from './sources.ts';
import { createStrikes, type Struck } from './strikes.ts';
import { failuresOf, judge } from './verdict.ts';
import type { Visible, Wanted, World } from './world.ts';

const organizationCount = 4;
const senders = 16;
/** A fault of each kind for so many events. */
const eventsPerRound = 5_000;
/** How long an echo of what was struck may take to come: entries that a killed worker held are taken over by then. */
const echoMilliseconds = 12_000;

/** Sends webhooks while parts of the mesh are killed and broken, waits until all effects are visible, and counts. */
export async function runChaos(context: RunContext): Promise<Outcome> {
  const { options, folder, cleanup } = context;
  const random = createRandom(options.seed);
  const world = await (options.engines === 'servers'
    ? openServers({ folder, cleanup, random, workers: options.workers })
    : openEmbedded({ folder, cleanup }));
  const organizations = await registerOrganizations(world.apiUrl, organizationCount);
  const sources = organizations.flatMap((organization) => organization.sources);
  const deliveries = planDeliveries({
    events: options.events,
    sources: sources.length,
    poison: options.poison,
    random,
  });
  const flow = createFlow(context, world);
  const sender = createSender({
    url: world.apiUrl,
    sources,
    concurrency: senders,
    random,
    signal: context.signal,
    mayBegin: () => flow.mayBegin(sender.sent.acknowledged.size),
  });
  cleanup.add(async () => sender.close());
  const rounds = Math.max(1, Math.round(options.events / eventsPerRound));
  const plan = planStrikes({ kills: options.kills, faults: options.faults, rounds, random });
  const progress = showProgress(() => line(sender, flow.visible(), strikes.struck));
  const strikes = createStrikes({
    world,
    plan,
    random,
    signal: context.signal,
    done: () => flow.done(sender.sent.acknowledged.size),
    say: (sentence) => progress.say(sentence),
  });
  const startedAt = performance.now();
  try {
    flow.watch();
    const sending = sender.sendAll(deliveries).then(() => performance.now());
    await Promise.all([sending, strikes.run()]);
    const sentAt = await sending;
    const wanted = wantedOf(deliveries, sender, organizations);
    const settledAt = await flow.untilSettled({ ...wanted, dead: 0 });
    const buriedAt = await flow.untilSettled({ ...wanted, mayWait: () => false });
    const times = { startedAt, sentAt, struckAt: strikes.struck.lastAt, settledAt, buriedAt };
    await sleep(echoMilliseconds, undefined, { signal: context.signal });
    return await conclude({ context, world, deliveries, organizations, sender, struck: strikes.struck, times });
  } finally {
    flow.stop();
    progress.stop();
  }
}

/** Watches what is visible, and keeps the sender from running far ahead of it. */
function createFlow({ options, signal }: RunContext, world: World) {
  const ahead = Math.max(200, Math.floor(options.events / 5));
  const watching = new AbortController();
  let seen: Visible | undefined;
  let movedAt = performance.now();
  const look = async (): Promise<void> => {
    while (!watching.signal.aborted && !signal.aborted) {
      const now = (await world.visible()) ?? seen;
      if (now?.effects !== seen?.effects || now?.dead !== seen?.dead) movedAt = performance.now();
      seen = now;
      await sleep(200);
    }
  };
  /** What is lost for good must not keep the rest from being sent and struck. */
  const stuck = (): boolean => seen !== undefined && performance.now() - movedAt > (options.patience * 1_000) / 2;
  return {
    visible: () => seen,
    /** The share of the work that is done. */
    done: (acknowledged: number): number => (stuck() ? 1 : (seen?.effects ?? acknowledged) / options.events),
    watch: () => void look(),
    stop: () => {
      watching.abort();
    },
    mayBegin: async (acknowledged: number): Promise<void> => {
      const tooFar = (): boolean => seen !== undefined && acknowledged - seen.effects - seen.dead > ahead;
      while (tooFar() && !stuck() && !signal.aborted) await sleep(20);
    },
    /** When everything wanted was visible; undefined when that takes longer than anybody waits. */
    untilSettled: async (wanted: Wanted): Promise<number | undefined> => {
      const giveUpAt = performance.now() + options.patience * 1_000;
      while (performance.now() < giveUpAt) {
        signal.throwIfAborted();
        if ((await world.settled(wanted)) === true) return performance.now();
        await sleep(100);
      }
      return undefined;
    },
  };
}

function wantedOf(deliveries: readonly Delivery[], { sent }: Sender, organizations: readonly Organization[]): Wanted {
  const unique = [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
  const acknowledged = unique.filter(({ id }) => sent.acknowledged.has(id));
  const poison = new Set(acknowledged.filter((delivery) => delivery.poison).map(({ id }) => id));
  const mayWait = (id: string): boolean => poison.has(id);
  return { organizations, mayWait, effects: acknowledged.length - poison.size, dead: poison.size };
}

function line({ sent }: Sender, visible: Visible | undefined, { kills, faults }: Struck): string {
  const troubles = [...sent.troubles.values()].reduce((sum, amount) => sum + amount, 0);
  const effects = visible === undefined ? '' : ` | effects ${String(visible.effects)}, dead ${String(visible.dead)}`;
  const struck = [...faults].map(([name, times]) => `${name} ${String(times)}`).join(' ');
  return `sent ${String(sent.requests)} | acknowledged ${String(sent.acknowledged.size)} | sent again ${String(troubles)}${effects} | kills ${String(kills)} | ${struck}`;
}

interface Times {
  readonly startedAt: number;
  readonly sentAt: number;
  readonly struckAt: number;
  /** When every effect was visible. */
  readonly settledAt: number | undefined;
  /** When every poison webhook was a dead letter too. */
  readonly buriedAt: number | undefined;
}

interface ConcludeOptions {
  readonly context: RunContext;
  readonly world: World;
  readonly deliveries: readonly Delivery[];
  readonly organizations: readonly Organization[];
  readonly sender: Sender;
  readonly struck: Struck;
  readonly times: Times;
}

async function conclude(parts: ConcludeOptions): Promise<Outcome> {
  const { options } = parts.context;
  const { sent } = parts.sender;
  const verdict = judge({
    deliveries: parts.deliveries,
    sources: parts.organizations.flatMap(({ sources }) => sources),
    acknowledged: sent.acknowledged,
    counted: await parts.world.count(),
    attempts: configuredAttempts,
  });
  const { startedAt, sentAt, struckAt, settledAt, buriedAt } = parts.times;
  const settled = settledAt === undefined ? undefined : seconds(struckAt, settledAt);
  const buried = buriedAt === undefined ? undefined : seconds(sentAt, buriedAt);
  const figures: Figures = {
    engines: options.engines,
    seed: options.seed,
    events: options.events,
    ...verdict,
    kills: parts.struck.kills,
    ...Object.fromEntries([...parts.struck.faults].map(([name, times]) => [`fault_${name}`, times])),
    requests: sent.requests,
    visible_seconds_after_last_strike: settled ?? 'never',
    ...(verdict.poison > 0 ? { dead_letters_seconds_after_sending: buried ?? 'never' } : {}),
    sending_seconds: seconds(startedAt, sentAt),
    seconds: seconds(startedAt, performance.now()),
    acknowledge_p50_ms: percentile(sent.latencies, 50),
    acknowledge_p99_ms: percentile(sent.latencies, 99),
    troubles: [...sent.troubles].map(([name, times]) => `${name}: ${String(times)}`).join(', '),
  };
  return { figures, failures: [...failuresOf(verdict), ...timeFailures(parts, settled)] };
}

function timeFailures(
  { context: { options }, sender, struck, deliveries }: ConcludeOptions,
  settled: number | undefined,
): readonly string[] {
  const failures: string[] = [];
  if (settled === undefined) failures.push(`not everything was visible after ${String(options.patience)} s`);
  else if (settled > options.within) {
    failures.push(`all effects were visible after ${String(settled)} s, not within ${String(options.within)} s`);
  }
  if (struck.kills < options.kills)
    failures.push(`only ${String(struck.kills)} of ${String(options.kills)} kills happened`);
  const ids = new Set(deliveries.map(({ id }) => id));
  const refused = ids.size - sender.sent.acknowledged.size;
  if (refused > 0) failures.push(`${String(refused)} webhooks were never acknowledged`);
  return failures;
}

function seconds(from: number, to: number): number {
  return Math.round((to - from) / 100) / 10;
}
