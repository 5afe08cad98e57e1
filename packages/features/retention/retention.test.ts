import { EventEmitter, once } from 'node:events';
import { operations } from '@devmesh/api';
import { newId, silentTelemetry, systemClock } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAudit, createAuditProof, type Audit, type AuditProof } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createRetentionKeeper } from './keeper.ts';
import { keepTables, type Kept } from './keeping.ts';
import { createRetention, type Retention } from './service.ts';
import { createVault } from '../vault/index.ts';

const telemetry = silentTelemetry;
const day = 86_400_000;

describe('retention', () => {
  let database: Database;
  let audit: Audit;
  let auditProof: AuditProof;
  let retention: Retention;
  beforeAll(async () => {
    database = await openTestDatabase();
    audit = createAudit({ database, newId, tracer: telemetry.tracer });
    const vault = createVault({ masterKeys: newMasterKeys() });
    auditProof = createAuditProof({ database, audit, vault, clock: systemClock });
    retention = createRetention({ database, audit });
  });
  afterAll(() => database.close());

  const principalOf = (tenantId: string): Principal => ({
    tenantId,
    keyId: newId(),
    keyType: 'admin',
    scopes: ['organization:read', 'organization:write'],
    agentId: undefined,
  });
  const newPrincipal = async (): Promise<Principal> => principalOf(await newTenant(database));
  const keep = (batchSize = 1_000): Promise<Kept> =>
    keepTables({ database, audit, auditProof, telemetry, batchSize }, new AbortController().signal);

  const ago = (days: number): Date => new Date(Date.now() - days * day);
  const idAt = (at: Date): string =>
    `${at
      .getTime()
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/u, '$1-')}-7${newId().slice(15)}`;

  /** A webhook of so many days ago, with its delivery; tells its id. */
  const insertWebhook = async (tenantId: string, days: number, status = 'processed'): Promise<string> => {
    const id = idAt(ago(days));
    await database.tenant(tenantId, async (tx) => {
      await sql`
        insert into mcp.webhook_sources (tenant_id, id, name, kind, secret)
        values (${tenantId}, ${tenantId}, 's', 'github', 'x') on conflict do nothing`.execute(tx);
      await sql`
        insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload, status, received_at)
        values (${tenantId}, ${id}, ${tenantId}, ${id}, 'push', '{}', ${status}, ${ago(days)})`.execute(tx);
      await sql`
        insert into mcp.webhook_deliveries (tenant_id, source_id, delivery_id, event_id, received_at)
        values (${tenantId}, ${tenantId}, ${id}, ${id}, ${ago(days)})`.execute(tx);
    });
    return id;
  };
  const insertLetter = (tenantId: string, eventId: string, resolution: string | null): Promise<unknown> =>
    database.tenant(tenantId, (tx) =>
      sql`
        insert into mcp.webhook_dlq (tenant_id, id, event_id, reason, attempts, resolution, resolved_at)
        values (${tenantId}, ${eventId}, ${eventId}, 'r', 1, ${resolution}, ${resolution === null ? null : new Date()})`.execute(
        tx,
      ),
    );
  const insertFeed = (tenantId: string, days: number): Promise<unknown> =>
    database.tenant(tenantId, (tx) =>
      sql`
        insert into mcp.mesh_events (tenant_id, type, subject_id, summary, at)
        values (${tenantId}, 'task.created', ${`${String(days)} days`}, 's', ${ago(days)})`.execute(tx),
    );
  const insertAudit = async (tenantId: string, days: number): Promise<void> => {
    await database.tenant(tenantId, (tx) =>
      sql`
        insert into mcp.audit_log (tenant_id, id, at, actor, action, subject, outcome)
        values (${tenantId}, ${idAt(ago(days))}, ${ago(days)}, 'a', 'old', ${`${String(days)} days`}, 'allowed')`.execute(
        tx,
      ),
    );
    // Only what is sealed may go; another transaction of the server can hold it up for a moment.
    const unsealed = async (): Promise<number> => {
      await auditProof.checkpoint(tenantId);
      const { items } = await audit.list(tenantId, { limit: 100, action: 'old' });
      return items.filter(({ seq }) => seq === null).length;
    };
    await expect.poll(unsealed, { timeout: 20_000 }).toBe(0);
  };
  const listOf = async (tenantId: string, query: (tx: Tx) => Promise<{ rows: unknown[] }>): Promise<string[]> => {
    const { rows } = await database.tenant(tenantId, query);
    return (rows as { value: string }[]).map(({ value }) => value);
  };
  const webhooksOf = (tenantId: string) =>
    listOf(tenantId, (tx) => sql`select id as value from mcp.webhook_events order by id`.execute(tx));
  const deliveriesOf = (tenantId: string) =>
    listOf(tenantId, (tx) => sql`select event_id as value from mcp.webhook_deliveries order by event_id`.execute(tx));
  const lettersOf = (tenantId: string) =>
    listOf(tenantId, (tx) => sql`select event_id as value from mcp.webhook_dlq order by event_id`.execute(tx));
  const feedOf = (tenantId: string) =>
    listOf(tenantId, (tx) => sql`select subject_id as value from mcp.mesh_events order by at`.execute(tx));
  const auditOf = (tenantId: string) =>
    listOf(tenantId, (tx) =>
      sql`select subject as value from mcp.audit_log where action = 'old' order by id`.execute(tx),
    );
  const partitionsOf = async (table: string): Promise<readonly string[]> =>
    database.system('retention', async (tx) => {
      const { rows } = await sql<{
        name: string;
      }>`select partition_name as name from mcp.partitions_of(${table})`.execute(tx);
      return rows.map(({ name }) => name);
    });
  /** Asks for a partition to be dropped as the job does, without its looking first. */
  const drop = (table: string, at: Date): Promise<boolean | undefined> =>
    database.system('retention', async (tx) => {
      const name = `${table}_${monthOf(at)}`;
      const { rows } = await sql<{ dropped: boolean }>`select mcp.drop_partition(${table}, ${name}) as dropped`.execute(
        tx,
      );
      return rows[0]?.dropped;
    });
  const monthOf = (at: Date): string => at.toISOString().slice(0, 7).replace('-', '');

  it('is told in days, changed one by one, and every change is audited [retention.settings]', async () => {
    const one = await newPrincipal();
    const other = await newPrincipal();
    expect(await retention.get(one)).toEqual({ webhooks: 90, feed: 30, audit: 400 });
    expect(await retention.set(one, { webhooks: 14 })).toEqual({ webhooks: 14, feed: 30, audit: 400 });
    expect(await retention.set(one, { webhooks: 15, audit: 90 })).toEqual({ webhooks: 15, feed: 30, audit: 90 });
    expect(await retention.get(one)).toEqual({ webhooks: 15, feed: 30, audit: 90 });
    expect(await retention.get(other)).toEqual({ webhooks: 90, feed: 30, audit: 400 });
    const { items } = await audit.list(one.tenantId, { limit: 1 });
    expect(items).toMatchObject([
      {
        actor: `key:${one.keyId}`,
        action: 'retention.set',
        detail: {
          changed: [
            { kind: 'webhooks', days: 15, before: 14 },
            { kind: 'audit', days: 90, before: 400 },
          ],
        },
      },
    ]);
  });

  it('has bounds that the database keeps as well as the API [retention.settings]', async () => {
    const { tenantId } = await newPrincipal();
    const { rows } = await database.tenant(tenantId, (tx) =>
      sql<{ kind: 'webhooks' | 'feed' | 'audit'; minimum: number; maximum: number }>`
        select kind, minimum_days as minimum, maximum_days as maximum from mcp.retention_kinds()`.execute(tx),
    );
    const { properties } = z.toJSONSchema(operations.retention.get.response) as unknown as {
      properties: Record<string, { minimum: number; maximum: number }>;
    };
    expect(Object.keys(properties).toSorted()).toEqual(rows.map(({ kind }) => kind).toSorted());
    for (const { kind, minimum, maximum } of rows) {
      expect({ kind, ...properties[kind] }).toMatchObject({ kind, minimum, maximum });
      const set = (days: number): Promise<unknown> => retention.set(principalOf(tenantId), { [kind]: days });
      await expect(set(minimum - 1)).rejects.toThrow(/retention_settings_bounds/u);
      await expect(set(maximum + 1)).rejects.toThrow(/retention_settings_bounds/u);
      await set(minimum);
    }
  });

  it('removes what is older than its organization keeps it, and nothing of another [retention.exact]', async () => {
    const short = await newPrincipal();
    const long = await newPrincipal();
    const kept: Record<string, string[]> = {};
    for (const { tenantId } of [short, long]) {
      const ids: string[] = [];
      for (const days of [95, 45, 10.01, 9.99, 1]) ids.push(await insertWebhook(tenantId, days));
      kept[tenantId] = ids;
      for (const days of [35, 7.01, 6.99]) await insertFeed(tenantId, days);
      for (const days of [401, 90.01, 89.99]) await insertAudit(tenantId, days);
    }
    await retention.set(short, { webhooks: 10, feed: 7, audit: 90 });
    expect((await keep()).failed).toBe(0);
    expect(await webhooksOf(short.tenantId)).toEqual(kept[short.tenantId]!.slice(3));
    expect(await webhooksOf(long.tenantId)).toEqual(kept[long.tenantId]!.slice(1));
    expect(await deliveriesOf(short.tenantId)).toEqual(kept[short.tenantId]!.slice(3));
    expect(await deliveriesOf(long.tenantId)).toEqual(kept[long.tenantId]!.slice(1));
    expect(await feedOf(short.tenantId)).toEqual(['6.99 days']);
    expect(await feedOf(long.tenantId)).toEqual(['7.01 days', '6.99 days']);
    expect(await auditOf(short.tenantId)).toEqual(['89.99 days']);
    expect(await auditOf(long.tenantId)).toEqual(['90.01 days', '89.99 days']);

    const { items } = await audit.list(short.tenantId, { limit: 10, action: 'retention.apply' });
    expect(items.map(({ subject, detail }) => [subject, detail['deleted']])).toEqual(
      expect.arrayContaining([
        ['webhook_events', 3],
        ['webhook_deliveries', 3],
        ['mesh_events', 2],
        ['audit_log', 2],
      ]),
    );
    expect((await keep()).deleted).toBe(0);
  });

  it('keeps what still waits, to be processed or to be decided on, and its delivery [retention.waiting]', async () => {
    const { tenantId } = await newPrincipal();
    const waiting = [];
    for (let n = 0; n < 5; n += 1) waiting.push(await insertWebhook(tenantId, 300, 'received'));
    const open: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      open.push(await insertWebhook(tenantId, 299 - n / 10, 'dead'));
      await insertLetter(tenantId, open[n]!, null);
    }
    const discarded = await insertWebhook(tenantId, 298, 'dead');
    await insertLetter(tenantId, discarded, 'discarded');
    for (let n = 0; n < 3; n += 1) await insertWebhook(tenantId, 297);
    const redriven = await insertWebhook(tenantId, 1);
    await insertLetter(tenantId, redriven, 'redriven');

    // Batches smaller than what is kept do not stop before what goes.
    const { deleted } = await keep(2);
    expect(deleted).toBeGreaterThanOrEqual(9);
    const left = [...waiting.toSorted(), ...open, redriven];
    expect(await webhooksOf(tenantId)).toEqual(left);
    expect(await deliveriesOf(tenantId)).toEqual(left);
    expect(await lettersOf(tenantId)).toEqual([...open, redriven]);
  });

  it('drops a partition whole when it is past the retention of all, unless something in it waits', async () => {
    const one = await newPrincipal();
    const other = await newPrincipal();
    const empty = [await insertWebhook(one.tenantId, 1_000), await insertWebhook(other.tenantId, 1_000)];
    const held = await insertWebhook(one.tenantId, 1_100, 'received');
    const beside = await insertWebhook(other.tenantId, 1_100);
    const made = await keep();
    expect(made).toMatchObject({ made: 2, dropped: 1, failed: 0 });
    const partitions = await partitionsOf('webhook_events');
    expect(partitions).not.toContain(`webhook_events_${monthOf(ago(1_000))}`);
    expect(partitions).toContain(`webhook_events_${monthOf(ago(1_100))}`);
    expect(await webhooksOf(one.tenantId)).toEqual([held]);
    expect(await webhooksOf(other.tenantId)).toEqual([]);
    expect([...(await deliveriesOf(other.tenantId)), ...empty]).not.toContain(beside);

    expect(await drop('webhook_events', ago(1_100))).toBe(false);
    expect(await webhooksOf(one.tenantId)).toEqual([held]);
    await database.tenant(one.tenantId, (tx) => sql`update mcp.webhook_events set status = 'processed'`.execute(tx));
    expect(await keep()).toMatchObject({ dropped: 1 });
    expect(await webhooksOf(one.tenantId)).toEqual([]);
  });

  it('drops no partition that one organization still keeps, nor one that is younger than all may ask', async () => {
    const { tenantId } = await newPrincipal();
    await insertAudit(tenantId, 2_900);
    await retention.set(principalOf(tenantId), { audit: 3_000 });
    const stranger = await newTenant(database);
    await insertAudit(stranger, 2_900);
    expect(await keep()).toMatchObject({ made: 1, dropped: 0, failed: 0 });
    expect(await auditOf(tenantId)).toEqual(['2900 days']);
    expect(await auditOf(stranger)).toEqual([]);
    await retention.set(principalOf(tenantId), { audit: 400 });
    // Lines go one by one, as their chain is cut; the partition goes once it is empty.
    expect(await keep()).toMatchObject({ dropped: 0, failed: 0 });
    expect(await keep()).toMatchObject({ dropped: 1 });

    expect(await drop('audit_log', new Date())).toBe(false);
    expect(await drop('audit_log', ago(89))).toBe(false);
    await expect(drop('organizations', ago(60))).rejects.toThrow(/no rows/u);
  });

  it('even the job of retention cannot delete fresh lines of the trail, nor change any [audit.append-only]', async () => {
    const tenantId = await newTenant(database);
    for (const days of [90.5, 89.5]) await insertAudit(tenantId, days);
    const remove = (table: string) =>
      database.system('retention', (tx) => sql`delete from ${sql.table(`mcp.${table}`)}`.execute(tx));
    for (const table of ['audit_log', 'audit_chain']) await remove(table);
    expect(await auditOf(tenantId)).toEqual(['90.5 days', '89.5 days']);
    await auditProof.cut(tenantId, ago(90));
    for (const table of ['audit_log', 'audit_chain']) await remove(table);
    expect(await auditOf(tenantId)).toEqual(['89.5 days']);
    expect(await auditProof.verify(tenantId, { limit: 100 })).toMatchObject({ after: 1, to: 2, finding: undefined });
    const change = database.system('retention', (tx) => sql`update mcp.audit_log set actor = 'x'`.execute(tx));
    await expect(change).rejects.toThrow(/permission denied/u);
  });

  it('even the job of retention cannot delete what waits in the inbox [retention.waiting]', async () => {
    const tenantId = await newTenant(database);
    const received = await insertWebhook(tenantId, 3, 'received');
    const dead = await insertWebhook(tenantId, 2, 'dead');
    await insertLetter(tenantId, dead, null);
    await insertWebhook(tenantId, 1);
    await database.system('retention', async (tx) => {
      await sql`delete from mcp.webhook_events`.execute(tx);
      await sql`delete from mcp.webhook_dlq`.execute(tx);
    });
    expect(await webhooksOf(tenantId)).toEqual([received, dead]);
    expect(await lettersOf(tenantId)).toEqual([dead]);
  });

  it('is safe when two processes run it at once', async () => {
    const tenantId = await newTenant(database);
    for (let n = 0; n < 40; n += 1) await insertFeed(tenantId, 31 + n);
    await insertAudit(tenantId, 3_333);
    const runs = await Promise.all([keep(3), keep(3), keep(3)]);
    expect(runs.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    await keep(3);
    expect(await feedOf(tenantId)).toEqual([]);
    expect(await auditOf(tenantId)).toEqual([]);
    const { items } = await audit.list(tenantId, { limit: 100, action: 'retention.apply' });
    const deleted = items
      .filter(({ subject }) => subject === 'mesh_events')
      .map(({ detail }) => Number(detail['deleted']));
    expect(deleted.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(40);
  });

  it('runs as a service from its start on', async () => {
    const tenantId = await newTenant(database);
    await insertFeed(tenantId, 31);
    const keeper = createRetentionKeeper({ database, audit, auditProof, telemetry, clock: systemClock });
    await keeper.start();
    await expect.poll(() => feedOf(tenantId), { timeout: 20_000 }).toEqual([]);
    await keeper.stop();
    expect(await keeper.ready?.()).toEqual({ ready: true });
  });

  it('leaves the feed as it was for those who follow it', async () => {
    const tenantId = await newTenant(database);
    const events = createEvents({ database, telemetry });
    await insertFeed(tenantId, 31);
    const head = await events.head(tenantId);
    await database.tenant(tenantId, (tx) =>
      events.publish(tx, { type: 'task.created', subjectId: 'new', summary: 's' }),
    );
    await keep();
    const following = events.follow(tenantId, { after: head, signal: AbortSignal.timeout(10_000) });
    expect((await following.next()).value).toMatchObject({ subjectId: 'new' });
    await following.return(undefined);
    await events.close();
  });

  it.skipIf((process.env['DATABASE_URL'] ?? '') === '')(
    'leaves a table that is read for long to the next run (needs a second connection: runs where DATABASE_URL is set)',
    async () => {
      const principal = await newPrincipal();
      // Before the change is on record: a line goes only with all that were sealed before it.
      await insertAudit(principal.tenantId, 3_500);
      await retention.set(principal, { audit: 3_600 });
      expect(await keep()).toMatchObject({ made: 1, dropped: 0 });
      await retention.set(principal, { audit: 400 });
      await insertAudit(principal.tenantId, 200);

      const finished = new EventEmitter();
      const reading = new EventEmitter();
      const read = database.tenant(principal.tenantId, async (tx) => {
        await sql`select from mcp.audit_log limit 1`.execute(tx);
        reading.emit('begun');
        await once(finished, 'run');
      });
      await once(reading, 'begun');
      expect(await keep()).toMatchObject({ made: 0, dropped: 0, deleted: 2, failed: 0 });
      finished.emit('run');
      await read;
      expect(await keep()).toMatchObject({ made: 1, dropped: 1, failed: 0 });
      expect(await auditOf(principal.tenantId)).toEqual(['200 days']);
    },
  );
});
