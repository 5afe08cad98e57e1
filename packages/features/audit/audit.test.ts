import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAudit, type Audit } from './service.ts';

describe('audit trail', () => {
  let database: Database;
  let audit: Audit;
  beforeAll(async () => {
    database = await openTestDatabase();
    audit = createAudit({ database, newId, tracer: silentTelemetry.tracer });
  });
  afterAll(() => database.close());

  const fact = { actor: 'key:k', action: 'tools.call', subject: 's' };

  it('keeps a line exactly when what it tells about commits', async () => {
    const tenantId = await newTenant(database);
    await database.tenant(tenantId, (tx) => audit.record(tx, { ...fact, detail: { status: 200 } }));
    const failing = database.tenant(tenantId, async (tx) => {
      await audit.record(tx, { ...fact, subject: 'never' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    const { items } = await audit.list(tenantId, { limit: 10 });
    expect(items).toMatchObject([{ ...fact, outcome: 'allowed', detail: { status: 200 } }]);
  });

  it.each(['update mcp.audit_log set actor = $$x$$', 'delete from mcp.audit_log'])(
    'refuses: %s [audit.append-only]',
    async (statement) => {
      const tenantId = await newTenant(database);
      await database.tenant(tenantId, (tx) => audit.record(tx, fact));
      await expect(database.tenant(tenantId, (tx) => sql.raw(statement).execute(tx))).rejects.toThrow(
        /permission denied/u,
      );
    },
  );

  it('shows no organization the trail of another', async () => {
    const one = await newTenant(database);
    const other = await newTenant(database);
    await database.tenant(other, (tx) => audit.record(tx, fact));
    expect((await audit.list(one, { limit: 10 })).items).toEqual([]);
  });
});
