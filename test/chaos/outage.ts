import { setTimeout as sleep } from 'node:timers/promises';
import { signGitHub } from '@devmesh/mockserver';
import { bodyOf, planDeliveries, type Delivery } from './deliveries.ts';
import type { Outcome, RunContext } from './outcome.ts';
import { createPoster } from './post.ts';
import { createRandom } from './random.ts';
import { openServers, type Servers } from './servers.ts';
import { registerOrganizations, type Source } from './sources.ts';
import { configuredAttempts } from './deliveries.ts';
import { failuresOf, judge } from './verdict.ts';

const eachTime = 20;
/** A PostgreSQL that is down or hangs is told to the sender within this. */
const answerWithinSeconds = 2;

/** One engine away, and what senders are then told. */
interface Outage {
  readonly name: string;
  readonly begin: (world: Servers) => Promise<void>;
  readonly end: (world: Servers) => Promise<void>;
  readonly status: 202 | 503;
}

const outages: readonly Outage[] = [
  {
    name: 'redis_down',
    begin: ({ engines }) => engines.kill('redis'),
    end: ({ engines }) => engines.start('redis'),
    status: 202,
  },
  {
    name: 'redis_frozen',
    begin: ({ engines }) => engines.freeze('redis'),
    end: ({ engines }) => engines.thaw('redis'),
    status: 202,
  },
  {
    name: 'postgres_down',
    begin: ({ engines }) => engines.abort('postgres'),
    end: ({ engines }) => engines.start('postgres'),
    status: 503,
  },
  {
    name: 'postgres_frozen',
    begin: ({ engines }) => engines.freeze('postgres'),
    end: ({ engines }) => engines.thaw('postgres'),
    status: 503,
  },
];

interface Answer {
  readonly delivery: string;
  readonly told: string;
  readonly seconds: number;
}

/** Takes each engine away in turn, killed and hanging, and looks at what senders are told and at what became of it. */
export async function runOutage(context: RunContext, withinSeconds = answerWithinSeconds): Promise<Outcome> {
  const { options, folder, cleanup } = context;
  const random = createRandom(options.seed);
  const world = await openServers({ folder, cleanup, random, workers: 1 });
  // A frozen engine would not see that it is told to end.
  cleanup.add(() => world.engines.thaw('postgres').then(() => world.engines.thaw('redis')));
  const organizations = await registerOrganizations(world.apiUrl, 1);
  const sources = organizations.flatMap((organization) => organization.sources);
  const deliveries = planDeliveries({
    events: eachTime * (outages.length + 1),
    sources: sources.length,
    poison: 0,
    random,
  });
  const unique = [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
  const post = createPosting(world.apiUrl, sources, (undo) => cleanup.add(undo));
  const figures: Record<string, number | string> = { seed: options.seed };
  const failures: string[] = [];
  const acknowledged = new Set<string>();
  const note = (name: string, status: number, answers: readonly Answer[]): void => {
    for (const { delivery, told } of answers) if (told === 'HTTP 202') acknowledged.add(delivery);
    const slowest = Math.max(...answers.map(({ seconds }) => seconds));
    figures[`${name}_slowest_seconds`] = Math.round(slowest * 100) / 100;
    figures[`${name}_told`] = [...new Set(answers.map(({ told }) => told))].join(', ');
    const wrong = answers.filter(({ told }) => told !== `HTTP ${String(status)}`).length;
    if (wrong > 0)
      failures.push(`${name}: ${String(wrong)} of ${String(answers.length)} senders were not told ${String(status)}`);
    if (slowest > withinSeconds) failures.push(`${name}: a sender waited ${slowest.toFixed(1)} s`);
  };
  for (const [index, outage] of outages.entries()) {
    context.signal.throwIfAborted();
    await outage.begin(world);
    process.stderr.write(`${outage.name}\n`);
    note(outage.name, outage.status, await post(unique.slice(index * eachTime, (index + 1) * eachTime)));
    await outage.end(world);
    await untilTaken(context, post, unique[0]);
  }
  note('afterwards', 202, await post(unique.slice(-eachTime)));
  await untilVisible(context, world, acknowledged.size);
  const counted = await world.count();
  const verdict = judge({ deliveries: unique, sources, acknowledged, counted, attempts: configuredAttempts });
  return {
    figures: {
      ...figures,
      acknowledged: acknowledged.size,
      lost: verdict.lost,
      duplicate_effects: verdict.duplicate_effects,
    },
    failures: [...failures, ...failuresOf(verdict)],
  };
}

type Post = (deliveries: readonly Delivery[]) => Promise<readonly Answer[]>;

/** Posts all at once, each once. */
function createPosting(url: string, sources: readonly Source[], later: (undo: () => Promise<void>) => void): Post {
  const poster = createPoster(url, eachTime);
  later(async () => poster.close());
  return (deliveries) =>
    Promise.all(
      deliveries.map(async (delivery) => {
        const source = sources[delivery.source];
        if (source === undefined) throw new Error(`there is no source ${String(delivery.source)}`);
        const body = bodyOf(delivery);
        const headers = {
          'x-github-event': 'push',
          'x-github-delivery': delivery.id,
          'x-hub-signature-256': signGitHub(source.secret, body),
        };
        const startedAt = performance.now();
        const posted = await poster.post(source.path, headers, body);
        const told = 'status' in posted ? `HTTP ${String(posted.status)}` : posted.failure;
        return { delivery: delivery.id, told, seconds: (performance.now() - startedAt) / 1000 };
      }),
    );
}

/** Sends the same delivery again until it is taken: the engine works again for the ingest too. */
async function untilTaken({ signal, options }: RunContext, post: Post, delivery: Delivery | undefined): Promise<void> {
  if (delivery === undefined) return;
  const giveUpAt = performance.now() + options.patience * 1_000;
  while (performance.now() < giveUpAt) {
    signal.throwIfAborted();
    const [answer] = await post([delivery]);
    if (answer?.told === 'HTTP 202') return;
    await sleep(100);
  }
  throw new Error('the ingest takes nothing although the engine is back');
}

async function untilVisible({ signal, options }: RunContext, world: Servers, effects: number): Promise<void> {
  const giveUpAt = performance.now() + options.patience * 1_000;
  while (performance.now() < giveUpAt) {
    signal.throwIfAborted();
    if (((await world.visible())?.effects ?? 0) >= effects) return;
    await sleep(100);
  }
}
