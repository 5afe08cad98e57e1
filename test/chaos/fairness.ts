import { setTimeout as sleep } from 'node:timers/promises';
import { countEffectsOf } from './count.ts';
import { planDeliveries } from './deliveries.ts';
import type { Outcome, RunContext } from './outcome.ts';
import { showProgress } from './progress.ts';
import { createRandom, type Random } from './random.ts';
import { createSender } from './sender.ts';
import { openServers, type Servers } from './servers.ts';
import { registerOrganizations, type Organization } from './sources.ts';

const few = 100;
const fairSeconds = 5;
const giveUpSeconds = 120;
/** Sent on top, so that as many as were asked for are still queued once the workers are at work. */
const margin = 1_500;

/** How long an organization's few events take while another has many queued. */
export async function runFairness(context: RunContext): Promise<Outcome> {
  const { options, folder, cleanup } = context;
  const random = createRandom(options.seed);
  const world = await openServers({ folder, cleanup, random, workers: 0 });
  const [many, modest] = await registerOrganizations(world.apiUrl, 2, 1);
  if (many === undefined || modest === undefined) throw new Error('two organizations were asked for');
  const queued = options.events + margin;
  let shown = 'queueing';
  const progress = showProgress(() => shown);
  try {
    const queueing = performance.now();
    await send(context, world, { organization: many, events: queued, random, note: (text) => (shown = text) });
    const queueSeconds = (performance.now() - queueing) / 1000;
    await startWorkers(context, world, many);
    const before = queued - (await effectsOf(world, many));
    const startedAt = performance.now();
    shown = `${String(few)} events while ${String(before)} are queued`;
    const sending = send(context, world, { organization: modest, events: few, random, note: () => undefined }).then(
      () => performance.now(),
    );
    const settled = await untilVisible(context, world, modest);
    const acknowledgeSeconds = Math.round(((await sending) - startedAt) / 100) / 10;
    const seconds = Math.round(((settled ?? performance.now()) - startedAt) / 100) / 10;
    const stillQueued = queued - (await effectsOf(world, many));
    return {
      figures: {
        engines: options.engines,
        seed: options.seed,
        fairness_seconds: seconds,
        fairness_limit_seconds: fairSeconds,
        acknowledged_after_seconds: acknowledgeSeconds,
        queued_before: before,
        queued_after: stillQueued,
        queueing_seconds: Math.round(queueSeconds),
        queued_per_second: Math.round(queued / queueSeconds),
      },
      failures: failuresOf({ seconds, settled, before, wanted: options.events }),
    };
  } finally {
    progress.stop();
  }
}

interface SendOptions {
  readonly organization: Organization;
  readonly events: number;
  readonly random: Random;
  readonly note: (text: string) => void;
}

async function send(
  { signal }: RunContext,
  world: Servers,
  { organization, events, random, note }: SendOptions,
): Promise<void> {
  const { sources } = organization;
  const sender = createSender({
    url: world.apiUrl,
    sources,
    concurrency: 32,
    random,
    signal,
    mayBegin: () => {
      note(`queued ${String(sender.sent.acknowledged.size)} of ${String(events)}`);
      return Promise.resolve();
    },
  });
  try {
    await sender.sendAll(planDeliveries({ events, sources: sources.length, poison: 0, random }));
  } finally {
    sender.close();
  }
  const missing = events - sender.sent.acknowledged.size;
  if (missing > 0 && !signal.aborted) {
    const troubles = [...sender.sent.troubles].map(([name, times]) => `${name}: ${String(times)}`).join(', ');
    throw new Error(`${String(missing)} events were not acknowledged (${troubles})`);
  }
}

/** Starts the workers and waits until they work on the many. */
async function startWorkers({ options, signal }: RunContext, world: Servers, many: Organization): Promise<void> {
  const workers = Array.from({ length: options.workers }, () => world.addWorker());
  await Promise.all(workers.map((worker) => worker.untilReady()));
  while ((await effectsOf(world, many)) === 0) {
    signal.throwIfAborted();
    await sleep(20);
  }
}

async function untilVisible({ signal }: RunContext, world: Servers, modest: Organization): Promise<number | undefined> {
  const giveUpAt = performance.now() + giveUpSeconds * 1_000;
  while (performance.now() < giveUpAt) {
    signal.throwIfAborted();
    if ((await effectsOf(world, modest)) >= few) return performance.now();
    await sleep(50);
  }
  return undefined;
}

async function effectsOf(world: Servers, { tenantId }: Organization): Promise<number> {
  const effects = await world.ask((connection) => countEffectsOf(connection, tenantId));
  if (effects === undefined) throw new Error('PostgreSQL does not answer');
  return effects;
}

interface Facts {
  readonly seconds: number;
  readonly settled: number | undefined;
  readonly before: number;
  readonly wanted: number;
}

function failuresOf({ seconds, settled, before, wanted }: Facts): readonly string[] {
  if (before < wanted) return [`only ${String(before)} of ${String(wanted)} events were queued: nothing was measured`];
  if (settled === undefined) return [`${String(few)} events were not all visible after ${String(giveUpSeconds)} s`];
  return seconds > fairSeconds ? [`${String(few)} events took ${String(seconds)} s, not ${String(fairSeconds)} s`] : [];
}
