import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditBodies, type AuditBodies } from './bodies.ts';
import { openTrails, type Trails } from './trail.fixture.ts';

describe('what calls were made with', () => {
  let trails: Trails;
  let bodies: AuditBodies;
  beforeAll(async () => {
    trails = await openTrails();
    bodies = createAuditBodies({ database: trails.database, vault: trails.options.vault });
  });
  afterAll(() => trails.close());

  const body = { title: 'a canary in the arguments', labels: [1, null] };
  const setting = (tenantId: string, kept: boolean) =>
    trails.database.tenant(tenantId, (tx) =>
      sql`update mcp.organizations set settings = ${JSON.stringify({ auditBodies: kept })}::jsonb`.execute(tx),
    );
  const keep = async (tenantId: string, what: unknown = body): Promise<string> => {
    const entryId = newId();
    await trails.database.tenant(tenantId, (tx) => bodies.keep(tx, tenantId, [{ entryId, body: what }]));
    return entryId;
  };
  const stored = async (tenantId: string) => {
    const { rows } = await trails.database.tenant(tenantId, (tx) =>
      sql<{ sealed: Buffer }>`select sealed from mcp.audit_bodies`.execute(tx),
    );
    return rows;
  };

  it('is kept only where the organization wants it, unreadable in the database, and opens for its line [audit.bodies]', async () => {
    const tenantId = await trails.newTenant();
    await keep(tenantId);
    expect(await stored(tenantId)).toEqual([]);
    await setting(tenantId, true);
    const entryId = await keep(tenantId);
    const [row] = await stored(tenantId);
    expect(row?.sealed.includes('canary')).toBe(false);
    expect(await bodies.open(tenantId, entryId)).toEqual(body);
  });

  it('is not shown once the organization keeps none any more, nor to another, and a line without one is not found', async () => {
    const [tenantId, other] = [await trails.newTenant(), await trails.newTenant()];
    for (const one of [tenantId, other]) await setting(one, true);
    const entryId = await keep(tenantId);
    await expect(bodies.open(other, entryId)).rejects.toMatchObject({ code: 'not_found' });
    await expect(bodies.open(tenantId, newId())).rejects.toMatchObject({ code: 'not_found' });
    await setting(tenantId, false);
    await expect(bodies.open(tenantId, entryId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is left out where it is larger than what is kept', async () => {
    const tenantId = await trails.newTenant();
    await setting(tenantId, true);
    await keep(tenantId, { text: 'x'.repeat(300_000) });
    expect(await stored(tenantId)).toEqual([]);
  });
});
