import { join } from 'node:path';
import { createClient } from '@devmesh/api';
import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, productMigrations } from '@devmesh/infrastructure';
import { freePort } from '@devmesh/testkit';
import { countAll } from './count.ts';
import { configuredAttempts } from './deliveries.ts';
import { supervise, type Supervised } from './supervisor.ts';
import type { Cleanup, World } from './world.ts';

interface EmbeddedOptions {
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Variables besides, e.g. of servers that the whole mesh runs on. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A whole mesh in one process. */
export interface Embedded extends World {
  readonly mesh: Supervised;
}

/** Starts the whole mesh in one process on the embedded database. */
export async function openEmbedded({ folder, cleanup, variables }: EmbeddedOptions): Promise<Embedded> {
  const port = await freePort();
  const data = join(folder, 'data');
  const mesh = supervise({
    name: 'mesh',
    words: ['devmesh', 'up'],
    environment: {
      DATA_DIR: data,
      API_PORT: String(port),
      EDGE_PORT: '0',
      MOCK_PORT: '0',
      REGISTRATION: 'open',
      REQUESTS_PER_MINUTE: '1000000',
      WEBHOOK_ATTEMPTS: String(configuredAttempts),
      LOG_LEVEL: 'info',
      ...variables,
    },
    log: join(folder, 'mesh.log'),
    ready: /Console +http/u,
  });
  cleanup.add(() => mesh.end());
  await mesh.untilReady();
  const apiUrl = `http://127.0.0.1:${String(port)}`;
  return {
    apiUrl,
    mesh,
    victims: [mesh],
    faults: {},
    // Only the process itself may open its database while it runs.
    visible: () => Promise.resolve(undefined),
    settled: async ({ organizations, mayWait }) => {
      try {
        const waiting = await Promise.all(organizations.map(({ key }) => waitingIn(apiUrl, key)));
        return waiting.flat().every((delivery) => mayWait(delivery));
      } catch {
        // It was killed and starts again.
        return undefined;
      }
    },
    count: async () => {
      await mesh.terminate();
      return countIn(join(data, 'database'));
    },
  };
}

async function waitingIn(apiUrl: string, key: string): Promise<readonly string[]> {
  const client = createClient({ baseUrl: apiUrl, key });
  const { items } = await client.webhooks.listEvents({ query: { status: 'received', limit: 200 } });
  return items.map(({ deliveryId }) => deliveryId);
}

async function countIn(folder: string) {
  const database = await openEmbeddedDatabase({ folder, telemetry: silentTelemetry, migrations: productMigrations });
  const connection = await database.migrationConnection();
  try {
    return await countAll(connection);
  } finally {
    await connection.close();
    await database.close();
  }
}
