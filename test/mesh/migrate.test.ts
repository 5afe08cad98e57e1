import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@devmesh/api';
import { migrateDown, migrateUp, openPostgresMigrations, type MigrationConnection } from '@devmesh/infrastructure';
import { openTestEngines, type TestEngines } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMeshConfig } from '../../apps/devmesh/config.ts';
import { startMesh, type Mesh } from '../../apps/devmesh/mesh.ts';
import { planDeliveries } from '../chaos/deliveries.ts';
import { createPacedClient } from '../chaos/paced.ts';
import { createRandom } from '../chaos/random.ts';
import { registerOrganizations, type Organization } from '../chaos/sources.ts';
import { meshEnvironment } from './process.ts';

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';

/** What a next version may bring: columns and indexes on tables that are busy, and a table of its own. */
const up = `
  alter table mcp.webhook_events add column trial integer not null default 0;
  alter table mcp.tasks add column trial text;
  create index tasks_trial on mcp.tasks (tenant_id, trial);
  create table mcp.trial (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
  call mcp.protect('trial');
`;
const down = `
  drop table mcp.trial;
  drop index mcp.tasks_trial;
  alter table mcp.tasks drop column trial;
  alter table mcp.webhook_events drop column trial;
`;

describe.skipIf(!onServer)(
  'migrations of a mesh that works (skipped without DATABASE_URL)',
  { timeout: 120_000 },
  () => {
    let folder: string;
    let engines: TestEngines;
    let mesh: Mesh;
    let connection: MigrationConnection;
    let organizations: readonly Organization[];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'devmesh-migrate-'));
      engines = await openTestEngines();
      const config = readMeshConfig({ ...process.env, ...meshEnvironment(folder), ...engines.variables });
      mesh = await startMesh(config);
      connection = await openPostgresMigrations(engines.variables['DATABASE_URL']!);
      organizations = await registerOrganizations(mesh.apiUrl, 2, 1);
      await writeFile(join(folder, '0001_trial.up.sql'), up);
      await writeFile(join(folder, '0001_trial.down.sql'), down);
    });
    afterAll(async () => {
      await connection.close();
      await mesh.stop();
      await engines.drop();
      await rm(folder, { recursive: true, force: true });
    });

    /** Reads and writes through the API until told to end; how many requests were answered. */
    const callUntil = async (signal: AbortSignal): Promise<number> => {
      const client = createClient({ baseUrl: mesh.apiUrl, key: organizations[0]!.key });
      let calls = 0;
      while (!signal.aborted) {
        const { id } = await client.tasks.createTask({ body: { title: 'while it migrates', capability: 'none' } });
        await client.tasks.getTask({ params: { taskId: id } });
        await client.webhooks.listEvents({ query: { limit: 5 } });
        calls += 3;
      }
      return calls;
    };

    it('go up, down and up again without a failed request [migrations.under-load]', async () => {
      const services = [{ name: 'trial', folder }];
      const ending = new AbortController();
      const sources = organizations.flatMap((organization) => organization.sources);
      const webhooks = createPacedClient({ url: mesh.apiUrl, sources, perSecond: 50, signal: ending.signal });
      const deliveries = planDeliveries({
        events: 100_000,
        sources: sources.length,
        poison: 0,
        random: createRandom(3),
      });
      const sending = webhooks.sendAll(deliveries);
      const calling = callUntil(ending.signal);
      try {
        for (const step of [migrateUp, downAll, migrateUp]) {
          const before = webhooks.seen.acknowledged.size;
          await expect.poll(() => webhooks.seen.acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(before + 20);
          expect(await step({ connection, services })).toHaveLength(1);
        }
      } finally {
        ending.abort();
      }
      await sending;
      webhooks.close();
      expect(await calling).toBeGreaterThan(0);
      expect([...webhooks.seen.errors]).toEqual([]);
    });
  },
);

function downAll(options: Parameters<typeof migrateUp>[0]) {
  return migrateDown({ ...options, target: { service: 'trial', to: 0 } });
}
