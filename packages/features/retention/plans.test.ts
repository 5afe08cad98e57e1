import { newId, silentTelemetry, systemClock } from '@devmesh/foundation';
import {
  openDatabaseBell,
  openDatabaseStream,
  openPostgresMigrations,
  type Database,
  type Stream,
} from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { CompiledQuery, createQueryId, sql, type KyselyPlugin, type RootOperationNode } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAudit, createAuditProof } from '../audit/index.ts';
import { createAutomation } from '../automation/index.ts';
import { createEvents } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createVault } from '../vault/index.ts';
import { createWebhooks } from '../webhooks/index.ts';
import { keepTables } from './keeping.ts';
import { createRetention } from './service.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly Plan[];
}

const telemetry = silentTelemetry;
const serverUrl = process.env['DATABASE_URL'] ?? '';
const months = 4;
const rowsOfMonth = 1_500;
/** The log of webhooks looks at thousands of events, for which PostgreSQL takes a small partition whole. */
const webhooksOfRow = serverUrl === '' ? 1 : 10;

describe('statements on tables of many partitions', () => {
  let database: Database;
  let stream: Stream;
  let principal: Principal;
  /** Partitions that are worth an index. */
  let large: ReadonlySet<string>;
  beforeAll(async () => {
    database = await openTestDatabase();
    stream = openDatabaseStream({
      database,
      bell: openDatabaseBell({ database, log: telemetry.log }),
      log: telemetry.log,
    });
    const audit = createAudit({ database, newId, tracer: telemetry.tracer });
    for (let n = 0; n < 2; n += 1) {
      principal = {
        tenantId: await newTenant(database),
        keyId: newId(),
        keyType: 'admin',
        scopes: [],
        agentId: undefined,
      };
      await createRetention({ database, audit }).set(principal, { webhooks: 3_650, feed: 3_650, audit: 3_650 });
      await fill(principal.tenantId);
    }
    const vault = createVault({ masterKeys: newMasterKeys() });
    const auditProof = createAuditProof({ database, audit, vault, clock: systemClock });
    await keepTables({ database, audit, auditProof, telemetry }, new AbortController().signal);
    await analyze();
    large = await findLarge();
  }, 120_000);
  afterAll(async () => {
    await stream.close();
    await database.close();
  });

  // Roles of transactions own no table, so they count nothing for the planner.
  const analyze = async (): Promise<void> => {
    if (serverUrl === '') return void (await database.tidy(new AbortController().signal));
    const url = new URL(serverUrl);
    url.pathname = await database.tenant(principal.tenantId, async (tx) => {
      const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(tx);
      return rows[0]!.name;
    });
    const owner = await openPostgresMigrations(url.href);
    await owner.script('analyze');
    await owner.close();
  };
  const findLarge = (): Promise<ReadonlySet<string>> =>
    database.tenant(principal.tenantId, async (tx) => {
      const { rows } = await sql<{ name: string }>`
        select relname::text as name from (
          select tableoid from mcp.audit_log union all select tableoid from mcp.mesh_events
          union all select tableoid from mcp.webhook_events
        ) as grown join pg_class on pg_class.oid = grown.tableoid group by relname having count(*) > 1000`.execute(tx);
      return new Set(rows.map(({ name }) => name));
    });
  const fill = async (tenantId: string): Promise<void> => {
    const at = sql`now() - make_interval(mins => n * 28)`;
    const id = sql`overlay(overlay(mcp.id_at(${at})::text placing '7' from 15 for 1)
      placing lpad(n::text, 12, '0') from 25 for 12)::uuid`;
    const rows = sql`generate_series(1, ${months * rowsOfMonth}::integer) as n`;
    await database.tenant(tenantId, async (tx) => {
      await sql`
        insert into mcp.audit_log (tenant_id, id, at, actor, action, subject, outcome, trace_id)
        select ${tenantId}, ${id}, ${at}, 'a', 'b', 'c', 'allowed', 'trace-' || n from ${rows}`.execute(tx);
      await sql`
        insert into mcp.mesh_events (tenant_id, type, subject_id, summary, at)
        select ${tenantId}, 'task.created', n, 's', ${at} from ${rows}`.execute(tx);
      await sql`
        insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload, status)
        select ${tenantId}, overlay(${id}::text placing lpad(copy::text, 4, '8') from 20 for 4)::uuid, ${tenantId}, n, 'push',
          to_json(repeat('x', 1000)), case n % 100 when 0 then 'dead' else 'processed' end
        from ${rows}, generate_series(1, ${webhooksOfRow}::integer) as copy`.execute(tx);
    });
  };

  /** The plans of what `work` asks of the database, for the very statements and parameters. */
  const plansOf = async (work: (database: Database) => Promise<unknown>): Promise<readonly Plan[]> => {
    const asked: RootOperationNode[] = [];
    const recorder: KyselyPlugin = {
      transformQuery: ({ node }) => {
        asked.push(node);
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    };
    await work({ ...database, tenant: (id, run) => database.tenant(id, (tx) => run(tx.withPlugin(recorder))) });
    return database.tenant(principal.tenantId, async (tx) => {
      const plans: Plan[] = [];
      for (const node of asked) {
        const { sql: text, parameters } = tx.getExecutor().compileQuery(node, createQueryId());
        const explain = CompiledQuery.raw(`explain (format json) ${text}`, [...parameters]);
        const { rows } = await tx.executeQuery<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(explain);
        plans.push(...rows.flatMap((row) => row['QUERY PLAN']).map(({ Plan: plan }) => plan));
      }
      return plans;
    });
  };
  const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
  const growing = /^(?:audit_log|mesh_events|webhook_events)_/u;
  const scansOf = (plans: readonly Plan[]): readonly Plan[] =>
    plans.flatMap(nodesOf).filter((node) => growing.test(node['Relation Name'] ?? ''));
  const isLarge = (node: Plan): boolean => large.has(node['Relation Name'] ?? '');
  /** How large partitions are read: where there is next to nothing to read, any way will do. */
  const largeOf = (plans: readonly Plan[]): readonly string[] =>
    scansOf(plans)
      .filter(isLarge)
      .map((node) => node['Node Type']);
  /** Sorts of what was read from large partitions, but for those of the few rows of a page. */
  const sortsOf = (plans: readonly Plan[]): readonly Plan[] =>
    plans
      .flatMap(nodesOf)
      .filter((node) => node['Node Type'].includes('Sort') && node['Plan Rows'] > 100 && nodesOf(node).some(isLarge));

  const page = { limit: 10 };
  const auditOf = (tested: Database) => createAudit({ database: tested, newId, tracer: telemetry.tracer });
  const feedOf = (tested: Database) => createEvents({ database: tested, telemetry });
  const webhooksOf = (tested: Database) =>
    createWebhooks({
      database: tested,
      stream,
      vault: createVault({ masterKeys: newMasterKeys() }),
      automation: createAutomation({ database: tested, audit: auditOf(tested), newId, actions: [] }),
      audit: auditOf(tested),
      events: feedOf(tested),
      newId,
      telemetry,
    });
  const follow = async (tested: Database, after: string): Promise<void> => {
    const events = feedOf(tested);
    const following = events.follow(principal.tenantId, { after, signal: AbortSignal.timeout(20_000) });
    expect((await following.next()).done).toBe(false);
    await following.return(undefined);
    await events.close();
  };
  const someEvent = async (): Promise<string> => {
    const { items } = await webhooksOf(database).listEvents(principal, { limit: 1 });
    return items[0]!.id;
  };

  const lists: readonly (readonly [string, (tested: Database) => Promise<unknown>])[] = [
    ['the feed from its beginning', (tested) => follow(tested, '0-0')],
    ['the latest of the feed', (tested) => feedOf(tested).list(principal.tenantId, page)],
    ['the audit trail', (tested) => auditOf(tested).list(principal.tenantId, page)],
    ['the log of webhooks', (tested) => webhooksOf(tested).listEvents(principal, page)],
  ];
  it.each(lists)('read %s by indexes alone, in their order [database.growing-indexed]', async (_name, read) => {
    const plans = await plansOf(read);
    expect(largeOf(plans).length).toBeGreaterThanOrEqual(months - 1);
    expect(largeOf(plans).filter((type) => !/^Index (?:Only )?Scan$/u.test(type))).toEqual([]);
    expect(sortsOf(plans)).toEqual([]);
    // Nor past the rows of other organizations.
    const conditions = scansOf(plans)
      .filter(isLarge)
      .map((node) => node['Index Cond'] ?? '');
    expect(conditions.filter((condition) => !condition.includes('tenant_id'))).toEqual([]);
  });

  const searches: readonly (readonly [string, (tested: Database) => Promise<unknown>])[] = [
    [
      'one trace in the audit trail',
      (tested) => auditOf(tested).list(principal.tenantId, { ...page, traceId: 'trace-7' }),
    ],
    ['the dead among the webhooks', (tested) => webhooksOf(tested).listEvents(principal, { ...page, status: 'dead' })],
  ];
  it.each(searches)('find %s by indexes', async (_name, search) => {
    const plans = await plansOf(search);
    expect(largeOf(plans).length).toBeGreaterThanOrEqual(months - 1);
    expect(largeOf(plans).filter((type) => type === 'Seq Scan')).toEqual([]);
  });

  it('look at one partition for one event [database.growing-indexed]', async () => {
    const id = await someEvent();
    const plans = await plansOf((tested) => webhooksOf(tested).getEvent(principal, id));
    expect(scansOf(plans).map((node) => node['Node Type'])).toEqual(['Index Scan']);
  });
});
