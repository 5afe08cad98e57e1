import { MeshError, systemClock } from '@devmesh/foundation';
import type { Stream, StreamEntry } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sweep } from './sweep.ts';
import { openTestWebhooks, pushRule, type TestOrganization, type TestWebhooks } from './webhooks.fixture.ts';
import { createWebhookWorker } from './worker.ts';

describe('sweeping webhooks', () => {
  let mesh: TestWebhooks;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
  });
  afterEach(() =>
    mesh.database.system('sweep', (tx) =>
      sql`update mcp.webhook_events set next_attempt_at = now() + interval '1 day'`.execute(tx),
    ),
  );
  afterAll(() => mesh.close());

  const forever = new AbortController().signal;
  const fill = ({ tenantId, source }: TestOrganization, count: number) =>
    mesh.database.tenant(tenantId, (tx) =>
      sql`insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, payload, next_attempt_at)
          select ${tenantId}::uuid, mcp.id_at(now() - make_interval(secs => n)), ${source.id}::uuid, n::text, 'push',
                 '{"repository":{"full_name":"a"}}', now() - interval '1 second'
          from generate_series(1, ${count}::integer) as n`.execute(tx),
    );

  /** A stream that remembers rings, with so many entries before them. */
  const listening = (waiting: number) => {
    const rung: StreamEntry[] = [];
    const append: Stream['append'] = (_topic, entries) => {
      rung.push(...entries);
      return Promise.resolve();
    };
    const backlog: Stream['backlog'] = () => Promise.resolve({ waiting, held: 0 });
    return { rung, stream: { ...mesh.stream, append, backlog } };
  };
  const sweepWith = (stream: Stream) => sweep({ database: mesh.database, stream, group: 'worker' }, forever);
  const of = (rung: readonly StreamEntry[], { tenantId }: TestOrganization) =>
    new Set(rung.filter((entry) => entry.tenantId === tenantId).map(({ subjectId }) => subjectId)).size;

  it('rings at once for everything that was lost with the stream, each event once', async () => {
    const organization = await mesh.organization();
    await fill(organization, 4_000);
    const { rung, stream } = listening(0);
    expect(await sweepWith(stream)).toBe(4_000);
    expect(of(rung, organization)).toBe(4_000);
    expect(await sweepWith(stream)).toBe(0);
    expect(rung).toHaveLength(4_000);
  });

  it('gives every tenant a share, and does not ring for a long queue again and again', async () => {
    const large = await mesh.organization();
    const small = await mesh.organization();
    await fill(large, 3_000);
    await fill(small, 20);
    const { rung, stream } = listening(20_000);
    await sweepWith(stream);
    expect(of(rung, small)).toBe(20);
    expect(of(rung, large)).toBe(50);
  });

  it('fills the room that the stream has, and no more', async () => {
    await fill(await mesh.organization(), 2_000);
    const { rung, stream } = listening(4_000);
    await sweepWith(stream);
    expect(rung.length).toBe(1_050);
  });

  it('leaves an event due whose ring failed, for the next time', async () => {
    const organization = await mesh.organization();
    await fill(organization, 3);
    const down: Stream = { ...mesh.stream, append: () => Promise.reject(new MeshError('unavailable', 'down')) };
    await expect(sweepWith(down)).rejects.toMatchObject({ code: 'unavailable' });
    await organization.hasten();
    const { rung, stream } = listening(0);
    await sweepWith(stream);
    expect(of(rung, organization)).toBe(3);
  });

  it('makes workers do what nobody rang for, together and once [webhooks.once]', async () => {
    const organization = await mesh.organization([pushRule]);
    await fill(organization, 150);
    const options = { ...mesh.processing, stream: mesh.stream, clock: systemClock };
    const workers = [createWebhookWorker(options), createWebhookWorker(options)];
    await Promise.all(workers.map((worker) => worker.start()));
    await expect
      .poll(
        async () => (await mesh.webhooks.listEvents(organization.principal, { limit: 1, status: 'received' })).items,
        {
          timeout: 30_000,
        },
      )
      .toEqual([]);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(await organization.titles()).toHaveLength(150);
  }, 40_000);
});
