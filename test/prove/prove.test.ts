import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCatalogue } from './catalogue/audit.ts';
import { jobsOf } from './catalogue/system-policies.ts';
import { openBlankDatabase, type BlankDatabase } from './instance/blank.ts';
import type { Instance } from './instance/instance.ts';
import { startInstance } from './instance/start.ts';
import { provePool } from './pool.ts';
import { fillForProbes, probeAll } from './probes/prove.ts';
import { engineScenarios } from './shared/engines.ts';
import { plain } from './sweep/spellings.ts';
import { sweep } from './sweep/sweep.ts';

/** A whole mesh is started and asked hundreds of things. */
const shortly = 300_000;

describe('the database of the product', () => {
  let blank: BlankDatabase;
  beforeAll(async () => {
    blank = await openBlankDatabase();
  });
  afterAll(() => blank.close());

  it('has in its catalogue all that isolation rests on, in every table there is [tenancy.rls-forced] [isolation.catalogue]', async () => {
    const connection = await blank.owner();
    try {
      const { problems, tables } = await auditCatalogue(connection);
      expect(problems).toEqual([]);
      expect(tables).toBeGreaterThan(40);
    } finally {
      await connection.close();
    }
  });

  it('lets no verb on any table reach another tenant, and each job what was decided on [isolation.probes]', async () => {
    const connection = await blank.owner();
    try {
      const ground = await fillForProbes(connection);
      await connection.script('begin');
      const { failures, figures } = await probeAll(connection, ground);
      await connection.script('rollback');
      expect(failures).toEqual([]);
      expect(figures['tables']).toBe(ground.shapes.filter(({ partition }) => !partition).length);
    } finally {
      await connection.close();
    }
  }, 60_000);
});

it('tenants that share connections see no row of each other, whichever of them throws [isolation.pool]', async () => {
  expect(await provePool(1)).toMatchObject({ failures: [], figures: { wrongRows: 0 } });
});

describe('a running instance', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await startInstance();
  }, shortly);
  afterAll(() => instance.close());

  it.each(Object.entries(engineScenarios))('keeps tenants apart in %s [isolation.shared]', async (_name, scenario) => {
    const { ground, a, b } = instance;
    if (ground === undefined) throw new Error('the instance is ours');
    expect(await scenario(ground.platform, [a.organizationId, b.organizationId])).toEqual([]);
  });

  it(
    'answers for what another organization has as for what nobody has, in every operation, tool and resource [isolation.sweep]',
    async () => {
      const { problems, swept, operationIds, reached } = await sweep(instance, [plain]);
      expect(problems).toEqual([]);
      expect(operationIds.filter((id) => !swept.has(id))).toEqual([]);
      expect(reached).toBeGreaterThan(30);
    },
    shortly,
  );
});

describe('the jobs that a policy is bound to', () => {
  const setting = `current_setting('app.system_job'::text, true)`;
  it.each([
    [`(${setting} = 'sweep'::text)`, ['sweep']],
    [`(${setting} = ANY ('{sweep,retention}'::text[]))`, ['sweep', 'retention']],
    [`((${setting} = 'retention'::text) AND (id < now()))`, ['retention']],
    [`((${setting} = 'retention'::text) AND enabled AND ((a = 1) OR (b = 2)))`, ['retention']],
    ['mcp.is_to_be_erased(tenant_id)', ['delete-organization']],
    ['true', undefined],
    [`((${setting} = 'sweep'::text) OR (id < now()))`, undefined],
    [`((${setting} = 'sweep'::text) AND (a = 1) OR (b = 2))`, undefined],
    [`(${setting} <> 'sweep'::text)`, undefined],
    [`((id < now()) OR (${setting} = 'sweep'::text))`, undefined],
    [`(NOT (${setting} = 'sweep'::text))`, undefined],
  ])('are read from %s', (expression, jobs) => {
    expect(jobsOf(expression)).toEqual(jobs);
  });
});
