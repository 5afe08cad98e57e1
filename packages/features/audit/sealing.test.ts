import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditSealer } from './sealer.ts';
import { selectUnsealedTenants } from './store-chain.ts';
import { openTrails, type Trails } from './trail.fixture.ts';
import { verifyTrail } from './format/verify.ts';

let trails: Trails;
beforeAll(async () => {
  trails = await openTrails();
});
afterAll(() => trails.close());

const server = process.env['DATABASE_URL'] ?? '';
const record = (tx: Tx, action: string) => trails.audit.record(tx, { actor: 'key:k', action, subject: 's' });
const actions = async (tenantId: string) => (await trails.links(tenantId)).map(({ action }) => action);
/** Seals until nothing is left: on a server, a transaction of another database can hold it up for a moment. */
const sealed = async (tenantId: string, count: number): Promise<void> => {
  const sealedNow = async () => {
    await trails.seal();
    return (await trails.links(tenantId)).length;
  };
  await expect.poll(sealedNow, { timeout: 20_000 }).toBe(count);
};

/** What this connection has read of the trails so far. */
async function tuplesRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ tuples: number }>`
    select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int as tuples from pg_stat_xact_all_tables
    where schemaname = 'mcp' and relname like 'audit\\_log%'`.execute(tx);
  return rows[0]?.tuples ?? Number.NaN;
}

describe('the sealer', () => {
  it('seals every committed line once, in the order of commits, in any size of batch [audit.chained]', async () => {
    const tenantId = await trails.newTenant();
    for (let one = 0; one < 25; one += 1) {
      await trails.database.tenant(tenantId, async (tx) => {
        for (const part of 'ab') await record(tx, `${String(one).padStart(2, '0')}${part}`);
      });
      if (one % 10 === 0) await trails.seal({ batchSize: 3 });
    }
    await sealed(tenantId, 50);
    const told = await actions(tenantId);
    expect(told).toEqual(told.toSorted((one, other) => (one ?? '').localeCompare(other ?? '')));
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ to: 50, head: 50, finding: undefined });
    await trails.seal();
    expect(await trails.links(tenantId)).toHaveLength(50);
  });

  it('seals nothing of a transaction that was rolled back', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 1);
    const failing = trails.database.tenant(tenantId, async (tx) => {
      await record(tx, 'never');
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await trails.write(tenantId, 1, 'later');
    await sealed(tenantId, 2);
    expect(await actions(tenantId)).toEqual(['tasks.create', 'later']);
  });

  it('seals each line once when many seal at once', async () => {
    const tenants = await Promise.all(Array.from({ length: 4 }, () => trails.newTenant()));
    await Promise.all(tenants.map((tenantId) => trails.write(tenantId, 40)));
    await Promise.all(Array.from({ length: 5 }, () => trails.seal({ batchSize: 7 })));
    for (const tenantId of tenants) {
      await sealed(tenantId, 40);
      expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ to: 40, finding: undefined });
    }
  });

  it('leaves nothing behind where it is killed in the middle, and goes on where it was', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 9);
    const dying = {
      ...trails.database,
      system: (job: 'audit-seal', work: (tx: Tx) => Promise<unknown>) =>
        trails.database.system(job, async (tx) => {
          await work(tx);
          throw new Error('killed');
        }),
    } as typeof trails.database;
    await expect(trails.seal({ database: dying })).rejects.toThrow('killed');
    expect(await trails.links(tenantId)).toEqual([]);
    await sealed(tenantId, 9);
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ to: 9, finding: undefined });
  });

  it('seals nothing that a line of an open transaction could still come before', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 1, 'first');
    await trails.database.tenant(tenantId, async (tx) => {
      await record(tx, 'of a transaction to come');
      // As though six transactions were open that began before this one.
      await sql`insert into mcp.audit_log (tenant_id, id, actor, action, subject, outcome, xid)
        select tenant_id, gen_random_uuid(), actor, 'ahead', subject, outcome, (xid::text::bigint + 6)::text::xid8
        from mcp.audit_log where action = 'of a transaction to come'`.execute(tx);
    });
    for (let one = 0; one < 8; one += 1) {
      await trails.seal();
      await trails.write(tenantId, 1);
    }
    await sealed(tenantId, 11);
    const { rows } = await trails.database.tenant(tenantId, (tx) =>
      sql<{ xid: string }>`select line.xid::text from mcp.audit_chain as link
        join mcp.audit_log as line on line.tenant_id = link.tenant_id and line.id = link.entry_id
        order by link.seq`.execute(tx),
    );
    const order = rows.map(({ xid }) => BigInt(xid));
    expect(order).toEqual(order.toSorted((one, other) => Number(one - other)));
  });

  it('seals what another server wrote after a restore, and then goes on by the transactions of this one', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 3, 'sealed there');
    await sealed(tenantId, 3);
    const far = '1000000000000';
    await trails.database.system('audit-seal', (tx) =>
      sql`update mcp.audit_positions set xid = ${far}::text::xid8 where tenant_id = ${tenantId}`.execute(tx),
    );
    await trails.database.tenant(tenantId, (tx) =>
      sql`insert into mcp.audit_log (tenant_id, id, actor, action, subject, outcome, xid)
        values (${tenantId}, gen_random_uuid(), 'a', 'written there', 's', 'allowed', ${far}::text::xid8)`.execute(tx),
    );
    await trails.write(tenantId, 2, 'written here');
    await trails.seal({ batchSize: 1 });
    await sealed(tenantId, 6);
    await trails.write(tenantId, 2, 'later');
    await sealed(tenantId, 8);
    expect((await actions(tenantId)).slice(-2)).toEqual(['later', 'later']);
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ to: 8, finding: undefined });
  });

  it('runs as a service, and signs where a trail has come to', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 5);
    const sealer = createAuditSealer(trails.options);
    await sealer.start();
    const checkpoints = async () => (await trails.proof.verify(tenantId, { limit: 100 })).checkpoints;
    await expect.poll(checkpoints).toBeGreaterThan(0);
    // Other suites of the server may hold back what was written while they write.
    const numbers = async () => (await trails.audit.list(tenantId, { limit: 5 })).items.map(({ seq }) => seq);
    await expect.poll(numbers).toEqual([5, 4, 3, 2, 1]);
    expect(await sealer.ready()).toEqual({ ready: true });
    await sealer.stop();
  });

  it('looks for what is unsealed without reading what is sealed [audit.chained]', async () => {
    const tenantId = await trails.newTenant();
    await trails.database.tenant(tenantId, async (tx) => {
      for (let one = 0; one < 400; one += 1) await record(tx, String(one));
    });
    await sealed(tenantId, 400);
    const read = await trails.database.system('audit-seal', async (tx) => {
      const before = await tuplesRead(tx);
      await selectUnsealedTenants(tx, { after: undefined, limit: 1_000 });
      return (await tuplesRead(tx)) - before;
    });
    expect(read).toBeLessThan(100);
  });

  it('lets one organization whose trail cannot be sealed keep no other waiting', async () => {
    const [broken, other] = [await trails.newTenant(), await trails.newTenant()].toSorted();
    for (const tenantId of [broken, other]) await trails.write(tenantId!, 2);
    const vault = { ...trails.options.vault, seal: () => Promise.reject(new Error('no key')) };
    // Nobody has a key yet: none can be signed for, and all are sealed all the same.
    let failed = 0;
    // Other suites of the server may hold lines back for a while.
    await expect
      .poll(async () => {
        failed += (await trails.seal({ vault })).failed;
        return Promise.all([broken, other].map(async (tenantId) => (await trails.links(tenantId!)).length));
      })
      .toEqual([2, 2]);
    expect(failed).toBeGreaterThanOrEqual(2);
    expect((await trails.seal()).failed).toBe(0);
  });

  it.skipIf(server === '')(
    'waits for what commits late (needs a second connection: runs where DATABASE_URL is set)',
    async () => {
      const tenantId = await trails.newTenant();
      let commit: (() => void) | undefined;
      const late = trails.database.tenant(tenantId, async (tx) => {
        await record(tx, 'late');
        await new Promise<void>((resolve) => {
          commit = resolve;
        });
      });
      await expect.poll(() => commit, { timeout: 10_000 }).toBeDefined();
      await trails.write(tenantId, 3, 'early');
      await trails.seal();
      expect(await actions(tenantId)).toEqual([]);
      commit?.();
      await late;
      await sealed(tenantId, 4);
      expect(await actions(tenantId)).toEqual(['late', 'early', 'early', 'early']);
    },
  );
});

describe('what retention leaves', () => {
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

  it('begins at a signed cut, from which the rest still proves itself [audit.chained]', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 6, 'old', 100);
    await trails.write(tenantId, 1, 'young');
    await trails.write(tenantId, 1, 'sealed late', 100);
    await trails.write(tenantId, 2, 'young');
    await sealed(tenantId, 10);
    const whole = await trails.export(tenantId);
    // That it was exported is a line of the trail as well.
    await sealed(tenantId, 11);
    const [key] = await trails.proof.keys(tenantId);
    for (let twice = 0; twice < 2; twice += 1) await trails.proof.cut(tenantId, ago(90));
    await trails.remove();
    expect((await trails.links(tenantId)).map(({ seq }) => seq)).toEqual([7, 8, 9, 10, 11]);
    const text = await trails.export(tenantId);
    const verdict = await verifyTrail(bytesOf(text), { fingerprint: key?.fingerprint, after: closingOf(whole) });
    expect(verdict).toMatchObject({ ok: true, from: 7 });
    await sealed(tenantId, 6);
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ after: 6, finding: undefined });
    await expect(trails.export(tenantId, { fromSeq: 3 })).rejects.toThrow('it begins after 6');
  });

  it('is followed on even where nothing is left', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 3, 'old', 100);
    await sealed(tenantId, 3);
    await trails.proof.cut(tenantId, ago(90));
    await trails.remove();
    expect(await trails.links(tenantId)).toEqual([]);
    await trails.write(tenantId, 1, 'young');
    await sealed(tenantId, 1);
    expect((await trails.links(tenantId)).map(({ seq }) => seq)).toEqual([4]);
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ after: 3, to: 4, finding: undefined });
  });

  it('is everything that no cut covers, however old, and every link of a line that is still there', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 3, 'old', 100);
    await sealed(tenantId, 3);
    await trails.remove();
    expect(await trails.links(tenantId)).toHaveLength(3);
    await trails.write(tenantId, 2, 'unsealed and old', 100);
    await trails.proof.cut(tenantId, ago(90));
    await trails.remove();
    await sealed(tenantId, 2);
    expect((await trails.links(tenantId)).map(({ seq }) => seq)).toEqual([4, 5]);
  });
});

function closingOf(text: string): string {
  return String((JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as { note: unknown }).note);
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'utf8');
}
