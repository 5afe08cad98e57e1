import { openTestEngines } from '@devmesh/testkit';
import { moveThroughBullmq } from './bullmq-figures.fixture.ts';
import { measureMesh, type MeshFigures } from './mesh-figures.fixture.ts';

type Figures = Record<string, number | string>;

const embeddedSizes = { count: 1_500, calmRate: 20, calmCount: 100 };
const serverSizes = { count: 5_000, calmRate: 100, calmCount: 500 };

/**
 * Webhooks accepted a second and the time until they are acknowledged, from 64 senders over HTTP, while no worker runs and
 * while one works them off; the time to the effect at a calm rate; and what a worker makes of a filled inbox. On the
 * embedded engines, and on PostgreSQL and Redis where both are configured, there beside a bare BullMQ queue.
 */
export async function run(): Promise<Figures> {
  const figures = named('embedded', await measureMesh({}, embeddedSizes));
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '' } = process.env;
  if (databaseUrl === '' || redisUrl === '') return figures;
  const engines = await openTestEngines();
  try {
    const servers = await measureMesh({ ...engines.variables, REDIS_URL: redisUrl }, serverSizes);
    const queue = await moveThroughBullmq(redisUrl, engines.variables['REDIS_PREFIX'] ?? '', serverSizes.count);
    return {
      ...figures,
      ...named('servers', servers),
      'bullmq added per second': rounded(queue.addedPerSecond),
      'bullmq worked per second': rounded(queue.workedPerSecond),
      'servers accepted / bullmq added': rounded(servers.acceptedPerSecond / queue.addedPerSecond),
      'servers processed / bullmq worked': rounded(servers.processedPerSecond / queue.workedPerSecond),
    };
  } finally {
    await engines.drop();
  }
}

function named(engines: string, figures: MeshFigures): Figures {
  const words = (name: string): string => name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => [`${engines} ${words(name)}`, rounded(figure as number)]),
  );
}

function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
