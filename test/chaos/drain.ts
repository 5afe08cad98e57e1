import { setTimeout as sleep } from 'node:timers/promises';
import { configuredAttempts, planDeliveries, type Delivery } from './deliveries.ts';
import type { Outcome, RunContext } from './outcome.ts';
import { createPacedClient, type PacedClient } from './paced.ts';
import { percentile } from './percentile.ts';
import { showProgress } from './progress.ts';
import { createRandom } from './random.ts';
import { openServers, type Servers } from './servers.ts';
import { registerOrganizations, type Source } from './sources.ts';
import type { Supervised } from './supervisor.ts';
import { failuresOf, judge } from './verdict.ts';

const perSecond = 300;
const stopWithinSeconds = 10;

/** One stop under load. */
interface Stop {
  readonly name: string;
  readonly ending: number | NodeJS.Signals;
  readonly seconds: number;
}

/** Stops workers, ingest and the whole mesh in one process with SIGTERM while webhooks come in at a steady rate. */
export async function runDrain(context: RunContext): Promise<Outcome> {
  const { options, folder, cleanup, signal } = context;
  const random = createRandom(options.seed);
  const begun = new Map<string, Begun>();
  const world = await openServers({
    folder,
    cleanup,
    random,
    workers: Math.max(2, options.workers),
    logLevel: 'debug',
    onLine: (_program, text) => noteBegun(begun, text),
  });
  const organizations = await registerOrganizations(world.apiUrl, 2);
  const sources = organizations.flatMap((organization) => organization.sources);
  const deliveries = planDeliveries({ events: options.events, sources: sources.length, poison: 0, random });
  const client = createPacedClient({ url: world.apiUrl, sources, perSecond, signal });
  cleanup.add(async () => client.close());
  const progress = showProgress(() => line(client, begun));
  try {
    const stops = await runPhases(context, world, client, deliveries);
    await untilRest(context, world, client);
    return await conclude({ context, world, sources, deliveries, client, stops, begun });
  } finally {
    progress.stop();
  }
}

/** Two thirds of the load are for the services in processes of their own, a third for all of them in one. */
async function runPhases(
  { signal }: RunContext,
  world: Servers,
  client: PacedClient,
  deliveries: readonly Delivery[],
): Promise<readonly Stop[]> {
  const apart = deliveries.slice(0, Math.floor((deliveries.length * 2) / 3));
  const stops: Stop[] = [];
  const phase = apart.length / perSecond / 4;
  const stopping = (async () => {
    for (const program of [...world.workers.slice(0, 2), world.ingest]) {
      await sleep(phase * 1_000, undefined, { signal });
      stops.push(await stop(program));
      program.start();
    }
  })();
  await Promise.all([client.sendAll(apart), stopping]);
  stops.push(...(await Promise.all([world.ingest, ...world.workers].map(stop))));
  const mesh = world.startMesh();
  await mesh.untilReady();
  const together = deliveries.slice(apart.length);
  const stoppingMesh = (async () => {
    await sleep((together.length / perSecond / 2) * 1_000, undefined, { signal });
    stops.push(await stop(mesh));
    mesh.start();
  })();
  await Promise.all([client.sendAll(together), stoppingMesh]);
  return stops;
}

async function stop(program: Supervised): Promise<Stop> {
  return { name: program.name, ...(await program.terminate()) };
}

async function untilRest({ options, signal }: RunContext, world: Servers, { seen }: PacedClient): Promise<void> {
  const giveUpAt = performance.now() + options.patience * 1_000;
  while (performance.now() < giveUpAt) {
    signal.throwIfAborted();
    if (((await world.visible())?.effects ?? 0) >= seen.acknowledged.size) return;
    await sleep(200);
  }
}

/** How often an event was begun, and whether it was rung for again before anybody could begin with it. */
interface Begun {
  times: number;
  readonly waitedLong: boolean;
}

/** The sweeper rings again for what has waited for so long, less what a log line may be late. */
const sweptAfterMilliseconds = 14_000;

/** Each time that a worker begins with an event it says so, with the event's id, which tells when it was received. */
function noteBegun(begun: Map<string, Begun>, text: string): void {
  if (!text.includes('"an entry is begun"') || !text.includes('"topic":"webhooks"')) return;
  const subject = /"devmesh\.stream\.subject":"([^"]+)"/u.exec(text)?.[1];
  if (subject === undefined) return;
  const known = begun.get(subject);
  if (known !== undefined) known.times += 1;
  else begun.set(subject, { times: 1, waitedLong: Date.now() - receivedAt(subject) > sweptAfterMilliseconds });
}

/** A UUIDv7 begins with its time. */
function receivedAt(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

function line({ seen }: PacedClient, begun: ReadonlyMap<string, Begun>): string {
  const errors = [...seen.errors.values()].reduce((sum, amount) => sum + amount, 0);
  return `acknowledged ${String(seen.acknowledged.size)} | refused connections ${String(seen.refused)} | errors ${String(errors)} | begun ${String(begun.size)}`;
}

interface ConcludeOptions {
  readonly context: RunContext;
  readonly world: Servers;
  readonly sources: readonly Source[];
  readonly deliveries: readonly Delivery[];
  readonly client: PacedClient;
  readonly stops: readonly Stop[];
  readonly begun: ReadonlyMap<string, Begun>;
}

async function conclude(parts: ConcludeOptions): Promise<Outcome> {
  const { acknowledged, errors, refused, reset } = parts.client.seen;
  const { deliveries, sources, stops } = parts;
  const counted = await parts.world.count();
  const verdict = judge({ deliveries, sources, acknowledged, counted, attempts: configuredAttempts });
  const again = [...parts.begun.values()].filter(({ times }) => times > 1);
  const redelivered = again.filter(({ waitedLong }) => !waitedLong).length;
  const cut = Math.max(0, reset - stops.filter(({ name }) => listens(name)).length);
  const failed = [...errors.values()].reduce((sum, amount) => sum + amount, cut);
  return {
    figures: {
      seed: parts.context.options.seed,
      events: parts.context.options.events,
      events_per_second: perSecond,
      acknowledged: acknowledged.size,
      client_errors: failed,
      client_errors_by_kind: [...errors].map(([name, times]) => `${name}: ${String(times)}`).join(', '),
      refused_connections: refused,
      reset_connections: reset,
      lost: verdict.lost,
      duplicate_effects: verdict.duplicate_effects,
      begun: parts.begun.size,
      redelivered,
      rung_again_while_waiting: again.length - redelivered,
      stops: stops.map(({ name, ending, seconds }) => `${name} ${seconds.toFixed(1)} s (${String(ending)})`).join(', '),
      slowest_stop_seconds: percentile(
        stops.map(({ seconds }) => seconds),
        100,
      ),
    },
    failures: [
      ...failuresOf(verdict),
      ...stops.flatMap(stopFailures),
      ...(failed > 0 ? [`${String(failed)} requests that reached the server were not answered with a 202`] : []),
      ...(redelivered > 0 ? [`${String(redelivered)} events were begun more than once`] : []),
      ...(parts.begun.size === 0 ? ['no worker told what it begins, so that redelivery was not measured'] : []),
    ],
  };
}

/**
 * The system may accept one more connection for a listener in the moment in which it closes; nobody in the process ever
 * sees it. So one new connection may be reset for each listener that is stopped, and the sender tries again.
 */
function listens(name: string): boolean {
  return name === 'ingest' || name === 'mesh';
}

function stopFailures({ name, ending, seconds }: Stop): readonly string[] {
  if (ending !== 0) return [`${name} ended with ${String(ending)}`];
  return seconds > stopWithinSeconds ? [`${name} took ${seconds.toFixed(1)} s to stop`] : [];
}
