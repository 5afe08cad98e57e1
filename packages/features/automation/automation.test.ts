import type { RuleActionSettings } from '@devmesh/api';
import { MeshError, newId, silentTelemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgents } from '../agents/index.ts';
import { createAudit, type Audit } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createNotifications } from '../notifications/index.ts';
import { createTasks, type Tasks } from '../tasks/index.ts';
import type { Occurrence } from './actions/action.ts';
import { namesOf, reindexAction } from './actions/reindex.ts';
import { createAutomation, notifyAction, storeAction, taskAction, type Automation } from './index.ts';
import type { RuleValues } from './store.ts';

const telemetry = silentTelemetry;
const commit = () => Promise.resolve();
const taskOf = (title: string): RuleActionSettings => ({
  type: 'task',
  title,
  capability: 'x',
  priority: 5,
  description: '',
});
const ruleOf = (name: string, change: Partial<RuleValues> = {}): RuleValues => ({
  name,
  sourceId: null,
  events: ['push'],
  condition: null,
  action: taskOf(name),
  enabled: true,
  ...change,
});
const occurrenceOf = (change: Partial<Occurrence> = {}): Occurrence => ({
  eventId: newId(),
  sourceId: newId(),
  source: 'github',
  event: 'push',
  action: null,
  payload: { repository: { full_name: 'acme/shop' } },
  traceparent: null,
  ...change,
});

describe('routing rules', () => {
  let database: Database;
  let automation: Automation;
  let audit: Audit;
  let tasks: Tasks;
  const reindexed: unknown[] = [];
  beforeAll(async () => {
    database = await openTestDatabase();
    audit = createAudit({ database, newId, tracer: telemetry.tracer });
    const events = createEvents({ database, telemetry });
    const agents = createAgents({ database, audit, events, newId });
    tasks = createTasks({ database, audit, events, agents, newId, telemetry });
    const notifications = createNotifications({ database, agents, audit, events, newId, telemetry });
    const knowledge = {
      reindexIn: (_tx: unknown, request: { readonly names?: readonly string[] | undefined }) => {
        reindexed.push(request);
        return Promise.resolve(undefined);
      },
      ring: () => Promise.resolve(),
    };
    const actions = [
      taskAction({ tasks }),
      notifyAction({ notifications }),
      reindexAction({ knowledge }),
      storeAction(),
    ];
    automation = createAutomation({ database, audit, newId, actions });
  });
  afterAll(() => database.close());

  const organization = async (): Promise<Principal> => ({
    tenantId: await newTenant(database),
    keyId: newId(),
    keyType: 'admin',
    scopes: ['webhooks:read', 'webhooks:write'],
    agentId: undefined,
  });
  const create = (principal: Principal, rule: RuleValues) => automation.createRule(principal, rule, commit);
  const names = async (principal: Principal) =>
    (await automation.listRules(principal, { limit: 200 })).items.map(({ name }) => name);
  const judge = (principal: Principal, occurrence: Occurrence) =>
    database.tenant(principal.tenantId, (tx) => automation.judge(tx, occurrence));
  const outcomes = async (principal: Principal, occurrence: Occurrence) =>
    (await judge(principal, occurrence)).map(({ outcome }) => outcome);

  it('are kept in an order that can be changed, for one organization alone, audited', async () => {
    const principal = await organization();
    const rows = [];
    for (const name of ['a', 'b', 'c']) rows.push(await create(principal, ruleOf(name)));
    const [first, second, third] = rows.map(({ id }) => id);
    await automation.reorderRules(principal, [third!, first!, second!]);
    expect(await names(principal)).toEqual(['c', 'a', 'b']);
    await create(principal, ruleOf('d'));
    expect(await names(principal)).toEqual(['c', 'a', 'b', 'd']);
    await automation.updateRule(principal, second!, { name: 'B', enabled: false });
    await automation.deleteRule(principal, first!);
    expect(await names(principal)).toEqual(['c', 'B', 'd']);
    const stranger = await organization();
    expect(await names(stranger)).toEqual([]);
    for (const attempt of [
      () => automation.getRule(stranger, second!),
      () => automation.updateRule(stranger, second!, { enabled: true }),
      () => automation.deleteRule(stranger, second!),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    }
    const { items } = await audit.list(principal.tenantId, { limit: 20 });
    expect(items.map(({ action }) => action).toReversed()).toEqual([
      'automation.createRule',
      'automation.createRule',
      'automation.createRule',
      'automation.reorderRules',
      'automation.createRule',
      'automation.updateRule',
      'automation.deleteRule',
    ]);
  });

  it('are listed in pages in their order', async () => {
    const principal = await organization();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(principal, ruleOf(name));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await automation.listRules(principal, { limit: 2, cursor });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are put into an order only whole: a missing, strange or doubled id changes nothing', async () => {
    const principal = await organization();
    const [one, two] = [await create(principal, ruleOf('a')), await create(principal, ruleOf('b'))];
    for (const ids of [[two.id], [two.id, newId()], [two.id, one.id, newId()], [two.id, two.id]]) {
      await expect(automation.reorderRules(principal, ids)).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(await names(principal)).toEqual(['a', 'b']);
  });

  it('have names of their own', async () => {
    const principal = await organization();
    await create(principal, ruleOf('a'));
    const { id } = await create(principal, ruleOf('b'));
    await expect(create(principal, ruleOf('a'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(automation.updateRule(principal, id, { name: 'a' })).rejects.toMatchObject({ code: 'conflict' });
    await automation.updateRule(principal, id, { name: 'b', events: ['*'] });
  });

  it('are refused with the place of the fault, and nothing is stored [automation.bounded]', async () => {
    const principal = await organization();
    const refused = async (change: Partial<RuleValues>) => {
      const error = await create(principal, ruleOf('bad', change)).catch((thrown: unknown) => thrown as MeshError);
      return error instanceof MeshError ? [error.code, error.issues[0]?.path] : 'accepted';
    };
    expect(await refused({ condition: { and: [true, { explode: [] }] } })).toEqual([
      'invalid_request',
      'body.condition.and.1',
    ]);
    expect(await refused({ events: ['push', 'a*b'] })).toEqual(['invalid_request', 'body.events.1']);
    expect(await refused({ action: { type: 'reindex' } })).toEqual(['invalid_request', 'body.action']);
    expect(await refused({ sourceId: newId() })).toEqual(['not_found', undefined]);
    expect(await names(principal)).toEqual([]);
  });

  it('are at most two hundred for an organization, also when they are created at once [automation.bounded]', async () => {
    const principal = await organization();
    await database.tenant(principal.tenantId, (tx) =>
      sql`insert into mcp.routing_rules (tenant_id, id, name, position, events, action)
          select ${principal.tenantId}::uuid, gen_random_uuid(), n::text, n, '{push}', '{"type":"store"}'
          from generate_series(1, 198) as n`.execute(tx),
    );
    const made = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((name) => create(principal, ruleOf(name))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'too_large' } });
  });

  it('match by source, name, beginning of the name and condition, and tell why not [automation.rules]', async () => {
    const principal = await organization();
    await create(principal, ruleOf('exact'));
    await create(principal, ruleOf('prefix', { events: ['pu*'] }));
    await create(principal, ruleOf('any', { events: ['*'] }));
    await create(principal, ruleOf('other', { events: ['pus', 'push2', 'issues'] }));
    await create(principal, ruleOf('false', { condition: { '==': [{ var: 'payload.x' }, 1] } }));
    await create(principal, ruleOf('off', { enabled: false }));
    await create(principal, ruleOf('broken', { action: taskOf('{nothing}') }));
    await create(principal, ruleOf('untold', { condition: { '>': [{ var: 'payload.repository' }, 1] } }));
    await create(principal, ruleOf('end', { action: { type: 'store' } }));
    await create(principal, ruleOf('after'));
    expect(await outcomes(principal, occurrenceOf())).toEqual([
      'matches',
      'matches',
      'matches',
      'other_event',
      'condition_false',
      'disabled',
      'fails',
      'fails',
      'matches',
      'not_reached',
    ]);
  });

  it('can be tried: what would happen is told, and nothing does [automation.trial]', async () => {
    const principal = await organization();
    const reviewed = { ...ruleOf('review'), action: taskOf('Review {repository.full_name}') };
    await create(principal, reviewed);
    const reindex: RuleActionSettings = { type: 'reindex', repository: '{repository.full_name}' };
    await create(principal, ruleOf('index', { action: reindex }));
    const verdicts = await judge(principal, occurrenceOf());
    const said = verdicts.map((verdict) => (verdict.outcome === 'matches' ? verdict.wish.summary : verdict.outcome));
    expect(said).toEqual(['Task "Review acme/shop" for x', 'The repository of "acme/shop" is indexed again']);
    expect((await tasks.list(principal, { limit: 10 })).items).toEqual([]);
    expect(reindexed).toEqual([]);
  });

  it('are read anew when another process has changed them', async () => {
    const principal = await organization();
    const { id } = await create(principal, ruleOf('a'));
    const wanted = () =>
      database.tenant(principal.tenantId, async (tx) => {
        const wishes = await automation.wishes(tx, principal.tenantId);
        return wishes(occurrenceOf()).map(({ rule }) => rule.name);
      });
    expect(await wanted()).toEqual(['a']);
    const other = createAutomation({ database, audit, newId, actions: [] });
    await other.updateRule(principal, id, { name: 'b' });
    expect(await wanted()).toEqual(['b']);
    await other.deleteRule(principal, id);
    expect(await wanted()).toEqual([]);
  });

  it('have a repository indexed once for many events, by its name or clone URL', async () => {
    const principal = await organization();
    const knowledge: string[] = [];
    const action = reindexAction({
      knowledge: {
        reindexIn: (_tx, { names: wanted }) => {
          knowledge.push((wanted ?? []).join(' '));
          return Promise.resolve(undefined);
        },
        ring: () => Promise.resolve(),
      },
    });
    const settings: RuleActionSettings = { type: 'reindex', repository: '{repository.full_name}' };
    const { request } = action.prepare(settings, occurrenceOf());
    const effects = await database.tenant(principal.tenantId, (tx) =>
      action.run(tx, { tenantId: principal.tenantId, actor: 'x' }, [request, request, request]),
    );
    expect(knowledge).toEqual(['acme/shop shop']);
    const summary = 'No such repository is indexed here';
    expect(effects).toEqual([{ summary }, { summary }, { summary }]);
    expect(namesOf('https://github.com/acme/shop.git')).toEqual([
      'https://github.com/acme/shop.git',
      'acme/shop',
      'shop',
    ]);
    expect(namesOf('git@github.com:acme/shop.git')).toEqual(['git@github.com:acme/shop.git', 'acme/shop', 'shop']);
  });
});

describe('tasks of rules', () => {
  const action = taskAction({ tasks: { createManyIn: () => Promise.resolve([]) } });
  const prepared = (title: string, payload: Record<string, unknown>) =>
    action.prepare(taskOf(title), occurrenceOf({ payload })).request as {
      title: string;
      input: Record<string, unknown>;
    };

  it('never invent a text for what the payload does not have, nor reach into prototypes', () => {
    expect(() => prepared('{constructor.name}', {})).toThrow('does not have');
    expect(() => prepared('{repository}', { repository: {} })).toThrow('does not have');
    expect(() => prepared('{name}', { name: '' })).toThrow('is empty');
    expect(prepared('{a.b} {n} {t}', { a: { b: 'x' }, n: 0, t: false }).title).toBe('x 0 false');
  });

  it('leave a payload out that is large or that the database cannot store', () => {
    expect(prepared('t', { a: 'x'.repeat(40_000) }).input).toMatchObject({ payloadOmitted: true });
    expect(prepared('t', { a: 'x\u0000' }).input).toMatchObject({ payloadOmitted: true });
    expect(prepared('t', { a: '\ud800' }).input).toMatchObject({ payloadOmitted: true });
    expect(prepared('t', { a: '🦊' }).input).toMatchObject({ payload: { a: '🦊' } });
  });
});
