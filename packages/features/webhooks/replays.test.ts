import { MeshError, newId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceReplays } from './replayer.ts';
import { openTestWebhooks, push, type TestOrganization, type TestWebhooks } from './webhooks.fixture.ts';

describe('a replay of a range', () => {
  let mesh: TestWebhooks;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
  });
  afterAll(() => mesh.close());

  const forever = new AbortController().signal;
  const commit = () => Promise.resolve();
  const advance = (database: Database = mesh.database) =>
    advanceReplays({ database, stream: mesh.stream, telemetry: mesh.processing.telemetry }, forever);
  const always = () => ({ from: new Date(0), to: new Date(Date.now() + 60_000) });

  const fill = ({ tenantId, source }: TestOrganization, count: number) =>
    mesh.database.tenant(tenantId, (tx) =>
      sql`insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload, status, processed_at)
          select ${tenantId}::uuid, mcp.id_at(now() - make_interval(secs => n)), ${source.id}::uuid, n::text, 'push',
                 json_build_object('repository', json_build_object('full_name', n::text)), 'processed',
                 now() - interval '1 hour'
          from generate_series(1, ${count}::integer) as n`.execute(tx),
    );
  const runs = ({ tenantId }: TestOrganization) =>
    mesh.database.tenant(tenantId, async (tx) => {
      const { rows } = await sql<{ run: number; count: number }>`
        select run, count(*) as count from mcp.webhook_events group by run order by run`.execute(tx);
      return Object.fromEntries(rows.map(({ run, count }) => [run, count]));
    });
  const processAll = ({ tenantId }: TestOrganization) =>
    mesh.database
      .tenant(tenantId, async (tx) => {
        const { rows } = await sql<{ id: string }>`
          select id from mcp.webhook_events where status = 'received'`.execute(tx);
        return rows;
      })
      .then((rows) => Promise.all(rows.map(({ id }) => mesh.processor.process(tenantId, id))));

  it('has the effects of each meant event once more [webhooks.replay]', async () => {
    const organization = await mesh.organization();
    const { principal, send, process, titles } = organization;
    const pushed = await send();
    const other = await send(push, 'issues');
    const waiting = await send();
    await Promise.all([pushed, other].map(process));
    const filter = { ...always(), event: 'push' };
    expect(await mesh.webhooks.countReplay(principal, filter)).toBe(1);
    const { id } = await mesh.webhooks.startReplay(principal, filter, commit);
    await advance();
    await advance();
    expect(await mesh.webhooks.getReplay(principal, id)).toMatchObject({ replayed: 1, skipped: 1, waiting: 1 });
    await processAll(organization);
    expect(await titles()).toHaveLength(3);
    expect(await mesh.webhooks.getReplay(principal, id)).toMatchObject({ state: 'finished', waiting: 0 });
    const states = await Promise.all([pushed, other, waiting].map((one) => mesh.webhooks.getEvent(principal, one)));
    expect(states.map(({ run }) => run)).toEqual([2, 1, 1]);
  });

  it('gives way: no more than a thousand of its events wait, and it goes on when they are processed', async () => {
    const organization = await mesh.organization([]);
    await fill(organization, 1_300);
    const { id } = await mesh.webhooks.startReplay(organization.principal, always(), commit);
    await advance();
    expect(await mesh.webhooks.getReplay(organization.principal, id)).toMatchObject({
      state: 'running',
      replayed: 1_000,
      waiting: 1_000,
    });
    await advance();
    expect(await runs(organization)).toEqual({ 1: 300, 2: 1_000 });
    await processAll(organization);
    await advance();
    await processAll(organization);
    await advance();
    expect(await mesh.webhooks.getReplay(organization.principal, id)).toMatchObject({
      state: 'finished',
      replayed: 1_300,
    });
    expect(await runs(organization)).toEqual({ 2: 1_300 });
  });

  it('goes on where it was after a step that did not commit, repeating none and skipping none', async () => {
    const organization = await mesh.organization([]);
    await fill(organization, 40);
    const { id } = await mesh.webhooks.startReplay(organization.principal, always(), commit);
    // The process ends within the transaction, after everything was written.
    const dying: Database = {
      ...mesh.database,
      tenant: (tenantId, work) =>
        mesh.database.tenant(tenantId, async (tx: Tx) => {
          await work(tx);
          throw new MeshError('unavailable', 'killed');
        }),
    };
    await expect(advance(dying)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await runs(organization)).toEqual({ 1: 40 });
    await advance();
    expect(await runs(organization)).toEqual({ 2: 40 });
    // The process ends after the commit, before it rang or noticed: the events are processed, and another worker goes on.
    await processAll(organization);
    await mesh.database.tenant(organization.tenantId, (tx) =>
      sql`update mcp.webhook_replays set state = 'running', ended_at = null where id = ${id}`.execute(tx),
    );
    await advance();
    expect(await runs(organization)).toEqual({ 2: 40 });
  });

  it('is advanced by two workers at once without doubling', async () => {
    const organization = await mesh.organization([]);
    await fill(organization, 60);
    await mesh.webhooks.startReplay(organization.principal, always(), commit);
    await Promise.all([advance(), advance(), advance()]);
    expect(await runs(organization)).toEqual({ 2: 60 });
  });

  it('stops where it is cancelled, and stays so', async () => {
    const organization = await mesh.organization([]);
    await fill(organization, 10);
    const { principal } = organization;
    const { id } = await mesh.webhooks.startReplay(principal, always(), commit);
    expect(await mesh.webhooks.cancelReplay(principal, id)).toMatchObject({ state: 'cancelled' });
    await advance();
    expect(await runs(organization)).toEqual({ 1: 10 });
    expect(await mesh.webhooks.cancelReplay(principal, id)).toMatchObject({ state: 'cancelled', replayed: 0 });
  });

  it('leaves out what comes after it was asked for', async () => {
    const organization = await mesh.organization();
    const { principal, send, process } = organization;
    await process(await send());
    const waited = await send();
    await mesh.webhooks.startReplay(principal, always(), commit);
    const later = await send();
    // It has seen the present rules by then.
    await Promise.all([waited, later].map(process));
    await advance();
    for (const id of [waited, later]) {
      expect(await mesh.webhooks.getEvent(principal, id)).toMatchObject({ run: 1, status: 'processed' });
    }
  });

  it('is for its own organization alone, refuses an empty range, and is audited', async () => {
    const { principal, tenantId } = await mesh.organization();
    const { id } = await mesh.webhooks.startReplay(principal, always(), commit);
    const { principal: stranger } = await mesh.organization();
    await expect(mesh.webhooks.getReplay(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(mesh.webhooks.cancelReplay(stranger, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(mesh.webhooks.getReplay(principal, newId())).rejects.toMatchObject({ code: 'not_found' });
    const backwards = { from: new Date(5), to: new Date(4) };
    await expect(mesh.webhooks.startReplay(principal, backwards, commit)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await mesh.webhooks.cancelReplay(principal, id);
    const { items } = await mesh.audit.list(tenantId, { limit: 10 });
    expect(items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['webhooks.startReplay', 'webhooks.cancelReplay']),
    );
  });
});
