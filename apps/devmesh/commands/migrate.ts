import { MeshError } from '@devmesh/foundation';
import {
  migrateDown,
  migrateUp,
  migrationStatus,
  openPostgresMigrations,
  productMigrations,
  type MigrationState,
} from '@devmesh/infrastructure';
import { defineCommand } from 'citty';
import { readMeshConfig } from '../config.ts';
import { paint } from '../output/style.ts';

type Options = Parameters<typeof migrateUp>[0];

/** `devmesh migrate`: brings the schema of a PostgreSQL server up or down. The embedded database migrates itself. */
export const migrate = defineCommand({
  meta: { name: 'migrate', description: 'Change the schema of the PostgreSQL at DATABASE_URL' },
  subCommands: {
    up: defineCommand({
      meta: { name: 'up', description: 'Apply what is pending' },
      run: () => withServer(async (options) => print(await migrateUp(options), 'Nothing is pending.')),
    }),
    down: defineCommand({
      meta: { name: 'down', description: 'Undo the latest migrations; their data is lost' },
      args: { steps: { type: 'string', default: '1', description: 'How many' } },
      run: ({ args }) =>
        withServer(async (options) => {
          const steps = Number(args.steps);
          if (!Number.isInteger(steps) || steps < 1) {
            throw new MeshError('invalid_request', '--steps is a whole number of at least 1.');
          }
          print(await migrateDown({ ...options, target: { steps } }), 'Nothing was applied.');
        }),
    }),
    status: defineCommand({
      meta: {
        name: 'status',
        description: 'Show how the database stands to every migration; fails when files do not match',
      },
      run: () =>
        withServer(async (options) => {
          const states = await migrationStatus(options);
          print(states, 'There are no migrations.');
          if (states.some(({ state }) => state !== 'applied' && state !== 'pending')) process.exitCode = 1;
        }),
    }),
  },
});

async function withServer(work: (options: Options) => Promise<void>): Promise<void> {
  const { DATABASE_URL: url } = readMeshConfig(process.env);
  if (url === undefined) {
    throw new MeshError(
      'invalid_config',
      'DATABASE_URL is not set; the embedded database migrates itself when it is opened.',
    );
  }
  const connection = await openPostgresMigrations(url);
  try {
    await work({ connection, services: productMigrations });
  } finally {
    await connection.close();
  }
}

function print(states: readonly MigrationState[], empty: string): void {
  if (states.length === 0) console.log(empty);
  for (const { service, name, state } of states) {
    const style = state === 'applied' ? 'green' : state === 'pending' ? 'yellow' : 'red';
    console.log(`${paint(style, state.padEnd(12))} ${service}/${name}`);
  }
}
