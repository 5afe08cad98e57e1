import { MeshError, newId } from '@devmesh/foundation';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashLimit, createProcessor } from './processing.ts';
import { retryDelaySeconds } from './rules.ts';
import { countBeginning } from './store-processing.ts';
import {
  adminOf,
  attempts,
  failingRule,
  openTestWebhooks,
  push,
  pushRule,
  type TestOrganization,
  type TestWebhooks,
} from './webhooks.fixture.ts';

describe('processing a webhook', () => {
  let mesh: TestWebhooks;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
  });
  afterAll(() => mesh.close());

  const letters = async ({ principal }: TestOrganization) =>
    (await mesh.webhooks.listDeadLetters(principal, { limit: 200 })).items;

  const die = async (organization: TestOrganization, eventId: string): Promise<void> => {
    for (let attempt = 1; attempt <= attempts; attempt++) await organization.process(eventId);
  };

  const mend = async ({ principal }: TestOrganization): Promise<void> => {
    const { items } = await mesh.automation.listRules(principal, { limit: 10 });
    await mesh.automation.updateRule(principal, items[0]!.id, { action: pushRule.action });
  };

  it('has every effect of its rules once, however often it is rung for [webhooks.once]', async () => {
    const notice = { type: 'notify' as const, title: 'Push to {ref}', text: '', severity: 'info' as const };
    const organization = await mesh.organization([pushRule, { events: ['pu*'], action: notice }]);
    const { send, principal, process, titles } = organization;
    const ids = await Promise.all([send(), send(), send()]);
    await Promise.all([...ids, ...ids, ...ids].map(process));
    await Promise.all(ids.map((id) => mesh.processor.process(principal.tenantId, id, true)));
    expect(await titles()).toEqual(['Review acme/shop', 'Review acme/shop', 'Review acme/shop']);
    const { items } = await mesh.notifications.list(principal, { limit: 10, unread: false });
    expect(items.map(({ title }) => title)).toEqual(Array(3).fill('Push to refs/heads/main'));
    const event = await mesh.webhooks.getEvent(principal, ids[0]);
    expect(event).toMatchObject({ status: 'processed', attempts: 1, run: 1 });
    expect(event.effects.map(({ action, rule, run }) => [action, rule, run])).toEqual([
      ['task', 'github 1', 1],
      ['notify', 'github 2', 1],
    ]);
    expect(event.effects[0]!.subjectId).toBe(event.taskId);
  });

  it('does nothing where no rule matches, and is done', async () => {
    const { send, process, titles, principal } = await mesh.organization([
      { ...pushRule, condition: { '==': [{ var: 'payload.ref' }, 'refs/heads/other'] } },
    ]);
    const id = await send();
    await process(id);
    expect(await titles()).toEqual([]);
    expect(await mesh.webhooks.getEvent(principal, id)).toMatchObject({ status: 'processed', effects: [] });
  });

  it('tries exactly as often as configured, then is a dead letter with the reason [webhooks.retry]', async () => {
    const organization = await mesh.organization([failingRule]);
    const id = await organization.send();
    for (let attempt = 1; attempt < attempts; attempt++) {
      await organization.process(id);
      expect(await mesh.webhooks.getEvent(organization.principal, id)).toMatchObject({
        status: 'received',
        attempts: attempt,
      });
    }
    expect(await letters(organization)).toEqual([]);
    await organization.process(id);
    expect(await mesh.webhooks.getEvent(organization.principal, id)).toMatchObject({ status: 'dead', attempts });
    await organization.process(id);
    const [letter, ...more] = await letters(organization);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ eventId: id, attempts, resolution: null, eventStatus: 'dead' });
    expect(letter!.reason).toContain('no.such.thing');
  });

  it('fails with the reason where a condition cannot be told, and never passes it over', async () => {
    const organization = await mesh.organization([{ ...pushRule, condition: { '>': [{ var: 'payload.ref' }, 3] } }]);
    const id = await organization.send();
    await organization.process(id);
    const { status, lastError } = await mesh.webhooks.getEvent(organization.principal, id);
    expect(status).toBe('received');
    expect(lastError).toContain('cannot order a text and a number');
  });

  it('keeps nobody else up where one of many fails, by its rules or by the database', async () => {
    const agentId = newId();
    const lost = { type: 'notify' as const, title: 'x', text: '', severity: 'info' as const, agentId };
    const organization = await mesh.organization([
      { ...pushRule, action: { ...pushRule.action, title: 'Review {name}' } as typeof pushRule.action },
      { events: ['push'], condition: { '==': [{ var: 'payload.name' }, 'bad'] }, action: lost },
    ]);
    const good = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => organization.send({ name })));
    const unnamed = await organization.send({});
    const refused = await organization.send({ name: 'bad' });
    const all = [good[0]!, unnamed, good[1]!, refused, ...good.slice(2)];
    for (let round = 1; round <= attempts; round++) await Promise.all(all.map(organization.process));
    expect((await organization.titles()).toSorted()).toEqual([
      'Review a',
      'Review b',
      'Review c',
      'Review d',
      'Review e',
    ]);
    const dead = await letters(organization);
    expect(new Map(dead.map(({ eventId, attempts: tries }) => [eventId, tries]))).toEqual(
      new Map([
        [unnamed, attempts],
        [refused, attempts],
      ]),
    );
    expect(dead).toHaveLength(2);
  });

  it('undoes every effect of a try that fails half-way [webhooks.retry]', async () => {
    const lost = { type: 'notify' as const, title: 'x', text: '', severity: 'info' as const, agentId: newId() };
    const organization = await mesh.organization([pushRule, { events: ['push'], action: lost }]);
    const id = await organization.send();
    await organization.process(id);
    expect(await organization.titles()).toEqual([]);
    expect(await mesh.webhooks.getEvent(organization.principal, id)).toMatchObject({ status: 'received', attempts: 1 });
  });

  it('does not count a try that the database broke off', async () => {
    const organization = await mesh.organization();
    const id = await organization.send();
    const down = () => Promise.reject(new MeshError('unavailable', 'down'));
    const processor = createProcessor({ ...mesh.processing, automation: { wishes: down } });
    await expect(processor.process(organization.tenantId, id)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await mesh.webhooks.getEvent(organization.principal, id)).toMatchObject({ status: 'received', attempts: 0 });
  });

  it('is given up when a worker ended each time that it was begun alone, and not before', async () => {
    const organization = await mesh.organization();
    const { tenantId, principal } = organization;
    const id = await organization.send();
    const crash = () => mesh.database.tenant(tenantId, (tx) => countBeginning(tx, id));
    for (let time = 1; time < crashLimit; time++) await crash();
    // Those that were in hand beside it are suspects too, and are done.
    const innocent = await Promise.all([organization.send(), organization.send()]);
    await Promise.all(innocent.map((one) => mesh.processor.process(tenantId, one, true)));
    await crash();
    expect(await letters(organization)).toEqual([]);
    // A fresh ring knows nothing of the crashes; the row does.
    await organization.process(id);
    expect(await mesh.webhooks.getEvent(principal, id)).toMatchObject({ status: 'dead' });
    const [letter] = await letters(organization);
    expect(letter).toMatchObject({ eventId: id, attempts: crashLimit });
    expect(await organization.titles()).toHaveLength(2);
    expect(await mesh.webhooks.getEvent(principal, innocent[0])).toMatchObject({ status: 'processed', attempts: 1 });
  });

  it('counts what was in hand before as begun before it begins', async () => {
    const organization = await mesh.organization();
    const ids = await Promise.all([organization.send(), organization.send()]);
    const dying = createProcessor({
      ...mesh.processing,
      automation: { wishes: () => Promise.reject(new MeshError('unavailable', 'killed')) },
    });
    const ended = await Promise.allSettled(ids.map((id) => dying.process(organization.tenantId, id, true)));
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const begun = () =>
      mesh.database.tenant(organization.tenantId, async (tx) => {
        const { rows } = await sql<{ begun: number }>`select begun from mcp.webhook_events`.execute(tx);
        return rows.map((row) => row.begun);
      });
    expect(await begun()).toEqual([1, 1]);
    await Promise.all(ids.map(organization.process));
    expect(await begun()).toEqual([0, 0]);
  });

  it('forgets that it was suspect once it has ended by itself', async () => {
    const organization = await mesh.organization([failingRule]);
    const id = await organization.send();
    for (let attempt = 1; attempt <= attempts; attempt++) {
      await mesh.database.tenant(organization.tenantId, (tx) => countBeginning(tx, id));
      await organization.process(id);
    }
    expect((await letters(organization))[0]!.reason).toContain('no.such.thing');
  });

  it('uses the rules as they are now, although it remembers them', async () => {
    const organization = await mesh.organization();
    await organization.process(await organization.send());
    const { items } = await mesh.automation.listRules(organization.principal, { limit: 10 });
    const { id } = items[0]!;
    await mesh.automation.updateRule(organization.principal, id, { enabled: false });
    await organization.process(await organization.send());
    expect(await organization.titles()).toHaveLength(1);
    await mesh.automation.updateRule(organization.principal, id, { enabled: true });
    await organization.process(await organization.send());
    await mesh.automation.deleteRule(organization.principal, id);
    await organization.process(await organization.send());
    expect(await organization.titles()).toHaveLength(2);
  });

  it('ends the rules at one that only stores', async () => {
    const organization = await mesh.organization([
      { events: ['push'], condition: { '==': [{ var: 'payload.ref' }, 'quiet'] }, action: { type: 'store' } },
      pushRule,
    ]);
    const quiet = await organization.send({ ...push, ref: 'quiet' });
    await Promise.all([quiet, await organization.send()].map(organization.process));
    expect(await organization.titles()).toHaveLength(1);
    expect((await mesh.webhooks.getEvent(organization.principal, quiet)).effects).toMatchObject([{ action: 'store' }]);
  });

  it('stores texts that JSON allows and jsonb does not', async () => {
    const organization = await mesh.organization();
    const id = await organization.send({ repository: { full_name: 'a\u0000b' } });
    await organization.process(id);
    expect(await organization.titles()).toEqual(['Review ab']);
  });

  describe('again', () => {
    it('by redriving its dead letter once: a second redrive does nothing [webhooks.redrive]', async () => {
      const organization = await mesh.organization([failingRule]);
      const id = await organization.send();
      await die(organization, id);
      await mend(organization);
      const [letter] = await letters(organization);
      const { resolvedAt } = await mesh.webhooks.redrive(organization.principal, letter!.id);
      await organization.process(id);
      const second = await mesh.webhooks.redrive(organization.principal, letter!.id);
      await organization.process(id);
      expect(second).toMatchObject({ resolution: 'redriven', resolvedAt, eventStatus: 'processed' });
      expect(await organization.titles()).toEqual(['Review acme/shop']);
    });

    it('by redriving: a letter whose event died again stays settled, and there is a new one', async () => {
      const organization = await mesh.organization([failingRule]);
      const id = await organization.send();
      await die(organization, id);
      const [letter] = await letters(organization);
      await mesh.webhooks.redrive(organization.principal, letter!.id);
      await die(organization, id);
      expect((await letters(organization)).map(({ resolution }) => resolution)).toEqual([null, 'redriven']);
      await mesh.webhooks.redrive(organization.principal, letter!.id);
      expect(await mesh.webhooks.getEvent(organization.principal, id)).toMatchObject({ status: 'dead' });
    });

    it('by redriving many: bounded, each once, and only those that are meant', async () => {
      const organization = await mesh.organization([{ ...failingRule, events: ['*'] }]);
      const { principal } = organization;
      const ids = await Promise.all(['push', 'push', 'push', 'issues'].map((event) => organization.send(push, event)));
      for (let attempt = 1; attempt <= attempts; attempt++) await Promise.all(ids.map(organization.process));
      const other = (await letters(organization)).find(({ event }) => event === 'issues');
      await mesh.webhooks.discard(principal, other!.id, 'not ours');
      await mend(organization);
      expect(await mesh.webhooks.redriveMany(principal, { event: 'push' }, 2)).toEqual({ redriven: 2, more: true });
      expect(await mesh.webhooks.redriveMany(principal, {}, 2)).toEqual({ redriven: 1, more: false });
      expect(await mesh.webhooks.redriveMany(principal, {}, 2)).toEqual({ redriven: 0, more: false });
      await Promise.all([...ids, ...ids].map(organization.process));
      expect(await organization.titles()).toHaveLength(3);
      expect(await mesh.webhooks.redrive(principal, other!.id)).toMatchObject({
        resolution: 'discarded',
        note: 'not ours',
      });
      expect(await mesh.webhooks.getEvent(principal, ids[3]!)).toMatchObject({ status: 'dead' });
    });

    it('by a replay, which each time has its effects once and settles the dead letter', async () => {
      const organization = await mesh.organization([failingRule]);
      const { principal } = organization;
      const id = await organization.send();
      const replay = () => mesh.webhooks.replay(principal, id, () => Promise.resolve());
      await expect(replay()).rejects.toMatchObject({ code: 'invalid_state' });
      await die(organization, id);
      await mend(organization);
      for (let run = 2; run <= 3; run++) {
        expect(await replay()).toMatchObject({ status: 'received', run, attempts: 0 });
        await expect(replay()).rejects.toMatchObject({ code: 'invalid_state' });
        await Promise.all([organization.process(id), organization.process(id)]);
      }
      expect(await letters(organization)).toMatchObject([{ resolution: 'replayed', eventStatus: 'processed' }]);
      expect(await organization.titles()).toHaveLength(2);
      const { effects } = await mesh.webhooks.getEvent(principal, id);
      expect(effects.map(({ run }) => run)).toEqual([2, 3]);
    });

    it('is for its own organization alone, and is audited', async () => {
      const organization = await mesh.organization([failingRule]);
      const id = await organization.send();
      await die(organization, id);
      const [letter] = await letters(organization);
      const { principal: stranger } = await mesh.organization();
      const commit = () => Promise.resolve();
      await expect(mesh.webhooks.replay(stranger, id, commit)).rejects.toMatchObject({ code: 'not_found' });
      await expect(mesh.webhooks.redrive(stranger, letter!.id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(mesh.webhooks.discard(stranger, letter!.id, 'x')).rejects.toMatchObject({ code: 'not_found' });
      expect(await mesh.webhooks.redriveMany(stranger, {}, 10)).toEqual({ redriven: 0, more: false });
      await mesh.webhooks.redrive(organization.principal, letter!.id);
      await die(organization, id);
      await mesh.webhooks.replay(organization.principal, id, commit);
      const { items } = await mesh.audit.list(organization.tenantId, { limit: 50 });
      expect(items.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['webhooks.redrive', 'webhooks.replayEvent', 'webhooks.process']),
      );
    });
  });

  it('finds events by source, name, status, delivery, time and text, and tells how far it looked', async () => {
    const organization = await mesh.organization();
    const { principal, source } = organization;
    const first = await organization.send({ ...push, marker: 'Needle one' });
    const second = await organization.send(push, 'issues');
    await organization.process(first);
    const find = async (filter: Omit<Parameters<TestWebhooks['webhooks']['listEvents']>[1], 'limit'>) =>
      (await mesh.webhooks.listEvents(principal, { ...filter, limit: 10 })).items.map(({ id }) => id);
    expect(await find({})).toEqual([second, first]);
    expect(await find({ event: 'issues' })).toEqual([second]);
    expect(await find({ status: 'processed' })).toEqual([first]);
    expect(await find({ text: 'nEEDLE' })).toEqual([first]);
    expect(await find({ sourceId: source.id, text: 'nothing such' })).toEqual([]);
    expect(await find({ sourceId: newId() })).toEqual([]);
    const { receivedAt, deliveryId } = await mesh.webhooks.getEvent(principal, second);
    expect(await find({ deliveryId })).toEqual([second]);
    expect(await find({ from: receivedAt })).toEqual([second]);
    expect(await find({ to: receivedAt })).toEqual([first]);
    const page = await mesh.webhooks.listEvents(principal, { limit: 1, event: 'issues' });
    expect(page).toMatchObject({ looked: 2 });
    expect(page.nextCursor).toBeUndefined();
    expect((await mesh.webhooks.listEvents(adminOf(organization.tenantId), { limit: 1 })).nextCursor).toBeDefined();
  });

  it('says where a search ended that looked at as many events as it may', async () => {
    const { principal, tenantId, source } = await mesh.organization();
    await mesh.database.tenant(tenantId, (tx) =>
      sql`insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload)
          select ${tenantId}::uuid, mcp.id_at(now() - make_interval(secs => n)), ${source.id}::uuid, n::text, 'push',
                 case when n = 1500 then '{"a":"needle"}' else '{}' end::json
          from generate_series(1, 2200) as n`.execute(tx),
    );
    const looks: number[] = [];
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await mesh.webhooks.listEvents(principal, { limit: 10, text: 'needle', cursor });
      looks.push(page.looked);
      found.push(...page.items.map(({ deliveryId }) => deliveryId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect({ looks, found }).toEqual({ looks: [1_000, 1_000, 200], found: ['1500'] });
  });
});

describe('the delay before another try', () => {
  it('grows, within bounds', () => {
    const randoms = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), randoms, (tries, random) => {
        const delay = retryDelaySeconds(tries, random);
        expect(delay).toBeGreaterThanOrEqual(1);
        expect(delay).toBeLessThanOrEqual(300);
        expect(retryDelaySeconds(tries + 1, random)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });
});
