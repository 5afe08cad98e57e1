import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrateDown, migrateUp } from './migrate.ts';
import { openPglite } from './pglite.ts';
import type { MigrationConnection } from './port.ts';
import { openPostgresMigrations } from './postgres.ts';
import { productMigrations } from './product-migrations.ts';

const serverUrl = process.env['DATABASE_URL'] ?? '';

interface Engine {
  /** As the owner of the schema: on PGlite a superuser, else an ordinary role, which row-level security binds. */
  readonly owner: MigrationConnection;
  close(): Promise<void>;
}

async function openPgliteEngine(): Promise<Engine> {
  const database = await openPglite({ telemetry: silentTelemetry });
  const owner = await database.migrationConnection();
  return { owner, close: () => database.close() };
}

async function openPostgresEngine(): Promise<Engine> {
  const name = `devmesh_own_${randomUUID().replaceAll('-', '')}`;
  const server = await openPostgresMigrations(serverUrl);
  await server.script(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const owner = await openPostgresMigrations(url.href);
  return {
    owner,
    close: async () => {
      await owner.close();
      await server.script(`drop database if exists ${name} with (force)`);
      await server.close();
    },
  };
}

describe('on PGlite', () => {
  partitionContract(openPgliteEngine, { manyRows: false });
});
describe.skipIf(serverUrl === '')('on PostgreSQL (runs where DATABASE_URL is set)', () => {
  partitionContract(openPostgresEngine, { manyRows: true });
});

const tenant = '00000000-0000-7000-8000-000000000001';
const other = '00000000-0000-7000-8000-000000000002';

/** A UUIDv7 of this time, told apart by `n`. */
function idAt(at: Date | string, n = 0): string {
  const hex = new Date(at).getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
}

function partitionContract(open: () => Promise<Engine>, { manyRows }: { readonly manyRows: boolean }): void {
  let engine: Engine;
  let owner: MigrationConnection;
  beforeAll(async () => {
    engine = await open();
    owner = engine.owner;
    await migrateUp({ connection: owner, services: productMigrations });
  });
  afterAll(() => engine.close());

  const as = async <Row>(role: string, setting: string, text: string): Promise<readonly Row[]> => {
    await owner.script(`begin; set local role ${role}; select ${setting}`);
    try {
      return await owner.query<Row>(text);
    } finally {
      await owner.script('commit');
    }
  };
  const asTenant = <Row>(text: string, id = tenant): Promise<readonly Row[]> =>
    as<Row>('devmesh_app', `set_config('app.tenant_id', '${id}', true)`, text);
  const asJob = <Row>(text: string, job = 'retention'): Promise<readonly Row[]> =>
    as<Row>('devmesh_system', `set_config('app.system_job', '${job}', true)`, text);

  const insert = (at: Date | string, n = 0, id = tenant): Promise<readonly unknown[]> =>
    asTenant(
      `insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload)
       values ('${id}', '${idAt(at, n)}', '${tenant}', 'd', 'push', '{}')`,
      id,
    );
  const placeOf = async (at: Date | string, n = 0, id = tenant): Promise<string | undefined> => {
    const rows = await asTenant<{ place: string }>(
      `select tableoid::regclass::text as place from mcp.webhook_events where id = '${idAt(at, n)}'`,
      id,
    );
    return rows[0]?.place;
  };
  const partitions = (): Promise<readonly { partition_name: string; from_time: Date; until_time: Date }[]> =>
    owner.query(`select * from mcp.partitions_of('webhook_events') order by from_time`);
  const makeAll = async (): Promise<readonly string[]> => {
    const made: string[] = [];
    for (;;) {
      const [row] = await asJob<{ name: string | null }>(`select mcp.make_next_partition('webhook_events') as name`);
      if (row?.name === null || row === undefined) return made;
      made.push(row.name);
    }
  };
  const monthAt = (offset: number): Date => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
  };
  const labelOf = (month: Date): string => month.toISOString().slice(0, 7).replace('-', '');

  test('an id tells its millisecond, and a month holds exactly the ids of its time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 253_402_300_799_999 }), async (millisecond) => {
        const at = new Date(millisecond).toISOString();
        const [row] = await owner.query<{ low: string; time: Date }>(
          'select mcp.id_at($1::timestamptz)::text as low, mcp.time_of_id($2::uuid) as time',
          [at, idAt(at, 7)],
        );
        expect(row!.time.toISOString()).toBe(at);
        expect(row!.low < idAt(at)).toBe(true);
        expect(row!.low > idAt(new Date(millisecond - 1), 999_999_999_999) || millisecond === 0).toBe(true);
      }),
      { numRuns: 30 },
    );
    const first = monthAt(0);
    const last = new Date(monthAt(1).getTime() - 1);
    for (const at of [first, last]) await insert(at, 1);
    await insert(monthAt(1), 1);
    const names = [await placeOf(first, 1), await placeOf(last, 1), await placeOf(monthAt(1), 1)];
    expect(names).toEqual([0, 0, 1].map((offset) => `mcp.webhook_events_${labelOf(monthAt(offset))}`));
  });

  test('there is a partition for this month and three to come, gapless', async () => {
    const made = await partitions();
    expect(made.map(({ from_time }) => from_time)).toEqual([0, 1, 2, 3].map(monthAt));
    expect(made.map(({ until_time }) => until_time)).toEqual([1, 2, 3, 4].map(monthAt));
    expect(await makeAll()).toEqual([]);
  });

  test('no insert fails for its time, and rows in the default partition move out when theirs is made [retention.partitions]', async () => {
    const past = new Date('2019-03-31T23:59:59.999Z');
    const later = new Date('2019-04-01T00:00:00.000Z');
    for (const at of [past, later]) {
      await insert(at, 2);
      await insert(at, 3, other);
    }
    await insert('2999-01-01', 2);
    expect(await placeOf(past, 2)).toBe('mcp.webhook_events_default');

    expect(await makeAll()).toEqual(['webhook_events_201903', 'webhook_events_201904']);
    expect(await placeOf(past, 2)).toBe('mcp.webhook_events_201903');
    expect(await placeOf(later, 2)).toBe('mcp.webhook_events_201904');
    expect(await placeOf(later, 3, other)).toBe('mcp.webhook_events_201904');
    // A clock that runs ahead is waited for.
    expect(await placeOf('2999-01-01', 2)).toBe('mcp.webhook_events_default');
    const [rls] = await owner.query<{ bare: number }>(
      `select count(*) as bare from pg_class where relnamespace = 'mcp'::regnamespace and relispartition and relkind = 'r'
       and not (relrowsecurity and relforcerowsecurity)`,
    );
    expect(rls).toEqual({ bare: 0 });
  });

  const title = 'a partition takes no more rows at once than are moved soon; the rest of its month follows';
  test.skipIf(!manyRows)(`${title} (100,000 rows: too slow for PGlite)`, async () => {
    await asTenant(
      `insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload)
       select '${tenant}', overlay(mcp.id_at('2018-05-05'::timestamptz + make_interval(secs => n))::text placing '7' from 15 for 1)::uuid,
         '${tenant}', 'd', 'push', '{}' from generate_series(1, 100005) as n`,
    );
    const made = await makeAll();
    expect(made).toEqual(['webhook_events_201805', 'webhook_events_20180506_034641000']);
    const ranges = (await partitions()).filter(({ partition_name }) => made.includes(partition_name));
    expect(ranges[0]!.until_time).toEqual(ranges[1]!.from_time);
    expect(ranges[1]!.until_time).toEqual(new Date('2018-06-01'));
    const [left] = await asTenant<{ count: number }>(
      `select count(*) as count from mcp.webhook_events where id < '${idAt('2018-06-01')}' and tableoid <> 'mcp.webhook_events_default'::regclass`,
    );
    expect(left).toEqual({ count: 100_005 });
  });

  test.each(['mcp.webhook_events_default', 'mcp.webhook_events_201903'])(
    'a tenant and a system job get nothing through %s itself [tenancy.no-foreign-rows]',
    async (partition) => {
      await expect(asTenant(`select * from ${partition}`)).rejects.toThrow(/permission denied/u);
      await expect(asTenant(`delete from ${partition}`)).rejects.toThrow(/permission denied/u);
      await expect(asJob(`select * from ${partition}`, 'sweep')).rejects.toThrow(/permission denied/u);
      await owner.script(`grant select on ${partition} to devmesh_app`);
      const rows = await asTenant(`select * from ${partition}`);
      await owner.script(`revoke select on ${partition} from devmesh_app`);
      expect(rows).toEqual([]);
    },
  );

  test('a tenant sees its own rows of every partition, and the sweep those of all', async () => {
    const count = `select count(*) as count from mcp.webhook_events where id in ('${idAt('2019-04-01', 2)}', '${idAt('2019-04-01', 3)}')`;
    expect(await asTenant(count)).toEqual([{ count: 1 }]);
    expect(await asTenant(count, other)).toEqual([{ count: 1 }]);
    expect(await asJob(count, 'sweep')).toEqual([{ count: 2 }]);
    expect(await asJob(count, 'stream')).toEqual([{ count: 0 }]);
  });

  test('only the job retention has partitions made', async () => {
    const make = `select mcp.make_next_partition('webhook_events')`;
    await expect(asJob(make, 'sweep')).rejects.toThrow(/only the job retention/u);
    await expect(asTenant(make)).rejects.toThrow(/permission denied/u);
    await expect(asJob(`select mcp.make_next_partition('organizations')`)).rejects.toThrow(/does not exist/u);
    await expect(asJob(`select mcp.make_partition('webhook_events', now(), now())`)).rejects.toThrow(
      /permission denied/u,
    );
  });

  test('going down and up again keeps every row of the inbox, its deliveries and its dead letters', async () => {
    await owner.script(`
      begin;
      set local role devmesh_app;
      select set_config('app.tenant_id', '${tenant}', true);
      delete from mcp.webhook_events;
      insert into mcp.organizations (id, slug, name) values ('${tenant}', 'one', 'One');
      insert into mcp.webhook_sources (tenant_id, id, name, kind, secret) values ('${tenant}', '${tenant}', 's', 'github', 'x');
      insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload, status, attempts)
        select '${tenant}', mcp.id_at(now() - make_interval(days => n * 9)), '${tenant}', 'd' || n, 'push', '{"a":"\\u0000"}',
          (array['received', 'processed', 'dead'])[1 + n % 3], n from generate_series(0, 30) as n;
      insert into mcp.webhook_deliveries (tenant_id, source_id, delivery_id, event_id, received_at)
        select tenant_id, source_id, delivery_id, id, received_at from mcp.webhook_events;
      insert into mcp.webhook_dlq (tenant_id, id, event_id, reason, attempts)
        select tenant_id, id, id, 'r', 3 from mcp.webhook_events where status = 'dead';
      commit`);
    const snapshot = async (): Promise<readonly unknown[]> =>
      asTenant(`
        select event.id, event.payload::text, event.status, event.attempts, event.next_attempt_at, event.received_at,
          event.delivery_id, dlq.reason
        from mcp.webhook_events as event left join mcp.webhook_dlq as dlq on dlq.event_id = event.id order by event.id`);
    const deliveries = `select delivery_id, event_id, received_at from mcp.webhook_deliveries order by delivery_id`;
    const before = await snapshot();
    const delivered = await asTenant(deliveries);
    expect(before).toHaveLength(31);
    await migrateDown({ connection: owner, services: productMigrations, target: { service: 'core', to: 60 } });
    expect(await snapshot()).toEqual(before);
    await migrateUp({ connection: owner, services: productMigrations });
    expect(await snapshot()).toEqual(before);
    expect(await asTenant(deliveries)).toEqual(delivered);
    const [held] = await asTenant(
      `select count(*) as count from mcp.webhook_events where tableoid = 'mcp.webhook_events_default'::regclass`,
    );
    expect(held).toEqual({ count: 0 });
  });

  test('going down and up again keeps every line of the audit trail and of the feed, which goes on behind them', async () => {
    await owner.script(`
      begin;
      set local role devmesh_app;
      select set_config('app.tenant_id', '${other}', true);
      insert into mcp.organizations (id, slug, name) values ('${other}', 'two', 'Two');
      insert into mcp.audit_log (tenant_id, id, at, actor, action, subject, outcome, detail, trace_id)
        select '${other}', mcp.id_at(now() - make_interval(days => n * 20)), now(), 'a' || n, 'b', 'c', 'denied', '{"n": 1}', 't'
        from generate_series(0, 30) as n;
      insert into mcp.mesh_events (tenant_id, type, subject_id, agent_id, summary, data, trace_id, at)
        select '${other}', 'task.created', 's' || n, '${tenant}', 'sum', '{"n": 1}', 't', now() - make_interval(days => n * 20)
        from generate_series(0, 30) as n;
      commit`);
    const columns = 'tenant_id, id, at, actor, action, subject, outcome, detail, trace_id';
    const trail = () => asTenant(`select ${columns} from mcp.audit_log order by id`, other);
    const feed = () =>
      asTenant<{ seq: string }>(
        `select *, xid::text, seq::text from mcp.mesh_events order by mesh_events.xid, mesh_events.seq`,
        other,
      );
    const publish = () =>
      asTenant(
        `insert into mcp.mesh_events (tenant_id, type, subject_id, summary) values ('${other}', 't', 's', 's')`,
        other,
      );
    const before = { trail: await trail(), feed: await feed() };
    expect([before.trail.length, before.feed.length]).toEqual([31, 31]);

    await migrateDown({ connection: owner, services: productMigrations, target: { service: 'core', to: 64 } });
    expect({ trail: await trail(), feed: await feed() }).toEqual(before);
    await publish();
    await migrateUp({ connection: owner, services: productMigrations });
    await publish();
    const after = { trail: await trail(), feed: await feed() };
    expect({ ...after, feed: after.feed.slice(0, 31) }).toEqual(before);
    const seqs = after.feed.map(({ seq }) => Number(seq));
    expect(seqs).toHaveLength(33);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((one, another) => one - another));
    const held = await asTenant(
      `select count(*) as count from (
         select tableoid from mcp.audit_log union all select tableoid from mcp.mesh_events
       ) as grown where tableoid in ('mcp.audit_log_default'::regclass, 'mcp.mesh_events_default'::regclass)`,
      other,
    );
    expect(held).toEqual([{ count: 0 }]);
  });
}
