import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateDown, migrateUp } from './migrate.ts';
import { openPglite, type PgliteDatabase } from './pglite.ts';
import type { MigrationConnection } from './port.ts';
import { productMigrations as services } from './product-migrations.ts';

describe('the migrations of routing rules and replays', () => {
  let database: PgliteDatabase;
  let connection: MigrationConnection;
  beforeAll(async () => {
    database = await openPglite({ telemetry: silentTelemetry });
    connection = await database.migrationConnection();
    await migrateUp({ connection, services });
  });
  afterAll(async () => {
    await connection.close();
    await database.close();
  });

  const tenant = randomUUID();
  const [source, event, letter] = [randomUUID(), randomUUID(), randomUUID()];

  it('keep the rules of sources and what became of dead letters, both ways', async () => {
    await migrateDown({ connection, services, target: { service: 'core', to: 62 } });
    await connection.query(`insert into mcp.organizations (id, slug, name) values ($1, 'acme', 'Acme')`, [tenant]);
    const rules = [
      { event: 'push', task: { title: 'Review {ref}', capability: 'review' } },
      { event: '*', task: { title: 'Look', capability: 'look' } },
    ];
    await connection.query(
      `insert into mcp.webhook_sources (tenant_id, id, name, kind, secret, rules) values ($1, $2, 'github', 'github', '', $3::text::jsonb)`,
      [tenant, source, JSON.stringify(rules)],
    );
    await connection.query(
      `insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload) values ($1, $2, $3, 'd', 'push', '{}')`,
      [tenant, event, source],
    );
    await connection.query(
      `insert into mcp.webhook_dlq (tenant_id, id, event_id, reason, attempts, redriven_at) values ($1, $2, $3, 'r', 5, now())`,
      [tenant, letter, event],
    );

    await migrateUp({ connection, services });
    expect(
      await connection.query(
        `select name, position, source_id = $1 as own, events, condition, action, enabled
                              from mcp.routing_rules order by position`,
        [source],
      ),
    ).toEqual([
      ruleRow('github 1', 1, 'push', { title: 'Review {ref}', capability: 'review' }),
      ruleRow('github 2', 2, '*', { title: 'Look', capability: 'look' }),
    ]);
    expect(await connection.query('select resolution, resolved_at is not null as at from mcp.webhook_dlq')).toEqual([
      { resolution: 'redriven', at: true },
    ]);

    await migrateDown({ connection, services, target: { service: 'core', to: 62 } });
    expect(await connection.query('select rules from mcp.webhook_sources')).toEqual([{ rules }]);
    expect(await connection.query('select redriven_at is not null as at from mcp.webhook_dlq')).toEqual([{ at: true }]);
    await migrateUp({ connection, services });
  });

  function ruleRow(name: string, position: number, pattern: string, task: Record<string, string>) {
    const action = { type: 'task', ...task, priority: 5, description: '' };
    return { name, position, own: true, events: [pattern], condition: null, action, enabled: true };
  }
});
