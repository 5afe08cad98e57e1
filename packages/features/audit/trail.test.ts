import { openEmbeddedDatabase, productMigrations, type MigrationConnection } from '@devmesh/infrastructure';
import { silentTelemetry } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyTrail } from './format/verify.ts';
import { openTrails, type Trails } from './trail.fixture.ts';

describe('the application', () => {
  let trails: Trails;
  let tenantId: string;
  beforeAll(async () => {
    trails = await openTrails();
    tenantId = await trails.newTenant();
    await trails.write(tenantId, 3);
    await trails.export(tenantId);
    await trails.seal({ checkpointSeconds: 0 });
  });
  afterAll(() => trails.close());

  it.each([
    'update mcp.audit_log set actor = $$x$$',
    'delete from mcp.audit_log',
    'insert into mcp.audit_chain select tenant_id, seq + 9, gen_random_uuid(), entry_hash, chain_hash from mcp.audit_chain',
    'update mcp.audit_chain set seq = seq + 1',
    'delete from mcp.audit_chain',
    'update mcp.audit_positions set xid = $$0$$',
    'insert into mcp.audit_positions (tenant_id) values (gen_random_uuid())',
    'delete from mcp.audit_positions',
    'update mcp.audit_keys set note = $$x$$',
    'update mcp.audit_keys set fingerprint = $$x$$',
    'delete from mcp.audit_keys',
    'update mcp.audit_checkpoints set note = $$x$$',
    'delete from mcp.audit_checkpoints',
    'delete from mcp.audit_bodies',
  ])('cannot: %s [audit.append-only]', async (statement) => {
    const change = trails.database.tenant(tenantId, (tx) => sql.raw(statement).execute(tx));
    await expect(change).rejects.toThrow(/permission denied/u);
  });

  it.each(['audit_log', 'audit_chain', 'audit_keys', 'audit_checkpoints', 'audit_positions'])(
    'has no way into %s through the job that seals but to append to the chain [audit.append-only]',
    async (table) => {
      for (const verb of ['update', 'delete']) {
        if (table === 'audit_positions' && verb === 'update') continue;
        const statement =
          verb === 'delete' ? `delete from mcp.${table}` : `update mcp.${table} set tenant_id = tenant_id`;
        const change = trails.database.system('audit-seal', async (tx) => {
          const { numAffectedRows } = await sql.raw(statement).execute(tx);
          if (numAffectedRows === 0n) throw new Error('permission denied, row by row');
        });
        await expect(change, statement).rejects.toThrow(/permission denied/u);
      }
    },
  );

  it('shows no organization the chain, the keys or the checkpoints of another', async () => {
    const stranger = await trails.newTenant();
    for (const table of ['audit_chain', 'audit_keys', 'audit_checkpoints', 'audit_positions', 'audit_bodies']) {
      const { rows } = await trails.database.tenant(stranger, (tx) =>
        sql`select * from ${sql.table(`mcp.${table}`)}`.execute(tx),
      );
      expect(rows, table).toEqual([]);
    }
  });
});

describe('a look at the stored trail finds what somebody with the rights of the owner', () => {
  let trails: Trails;
  let owner: Pick<MigrationConnection, 'script'>;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
    trails = await openTrails(database);
    owner = {
      // Opened for each script: the database has one connection, which nobody else has meanwhile.
      script: async (text) => {
        const connection = await database.migrationConnection();
        try {
          await connection.script(text);
        } finally {
          await connection.close();
        }
      },
    };
    close = () => database.close();
  });
  afterAll(() => close());

  const at = (tenantId: string, seq: number) =>
    `(select entry_id from mcp.audit_chain where tenant_id = '${tenantId}' and seq = ${String(seq)})`;

  it.each([
    [
      'changed in a line',
      4,
      'content',
      (id: string) => `update mcp.audit_log set detail = '{}' where id = ${at(id, 4)}`,
    ],
    [
      'changed by a microsecond',
      4,
      'content',
      (id: string) => `update mcp.audit_log set at = at + interval '1 us' where id = ${at(id, 4)}`,
    ],
    ['took away', 5, 'missing', (id: string) => `delete from mcp.audit_log where id = ${at(id, 5)}`],
    [
      'took out of the chain',
      6,
      'order',
      (id: string) => `delete from mcp.audit_chain where tenant_id = '${id}' and seq = 6`,
    ],
    [
      'linked otherwise',
      6,
      'link',
      (id: string) => `update mcp.audit_chain set chain_hash = sha256('x') where tenant_id = '${id}' and seq = 6`,
    ],
    [
      'cut off the end',
      8,
      'truncated',
      (id: string) => `delete from mcp.audit_chain where tenant_id = '${id}' and seq > 7`,
    ],
    [
      'signed by hand',
      8,
      'checkpoint',
      (id: string) =>
        `update mcp.audit_checkpoints set note = replace(note, 'time 2', 'time 3') where tenant_id = '${id}'`,
    ],
  ])('%s [audit.chained]', async (_what, seq, code, statement) => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 8);
    await trails.seal({ checkpointSeconds: 0 });
    expect(await trails.proof.verify(tenantId, { limit: 3 })).toMatchObject({ to: 3, head: 8, finding: undefined });
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({
      to: 8,
      checkpoints: 1,
      finding: undefined,
    });
    await owner.script(statement(tenantId));
    expect(await trails.proof.verify(tenantId, { limit: 100 })).toMatchObject({ finding: { seq, code } });
  });

  it('a beginning that was removed under a cut that nobody signed', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 8);
    await trails.seal({ checkpointSeconds: 0 });
    const hash = `(select encode(chain_hash, 'base64') from mcp.audit_chain where tenant_id = '${tenantId}' and seq = 3)`;
    await owner.script(`
      insert into mcp.audit_checkpoints (tenant_id, seq, kind, note)
      select tenant_id, 3, 'cut', regexp_replace(note, E'\\n8\\n[^\\n]+', E'\\n3\\n' || ${hash})
      from mcp.audit_checkpoints where tenant_id = '${tenantId}';
      delete from mcp.audit_chain where tenant_id = '${tenantId}' and seq <= 3`);
    const refused = { code: 'invalid_state' };
    await expect(trails.proof.verify(tenantId, { limit: 100 })).rejects.toMatchObject(refused);
    await expect(trails.proof.export(tenantId, { actor: 'key:k' }).next()).rejects.toMatchObject(refused);
  });

  it('rewrote as a whole is told by a checkpoint that was kept elsewhere, and by that alone [audit.chained]', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 8);
    const { note: after } = await trails.proof.checkpoint(tenantId);
    await owner.script(`
      update mcp.audit_log set actor = 'key:nobody' where id = ${at(tenantId, 4)};
      delete from mcp.audit_chain where tenant_id = '${tenantId}';
      delete from mcp.audit_checkpoints where tenant_id = '${tenantId}';
      delete from mcp.audit_positions where tenant_id = '${tenantId}'`);
    const rewritten = await trails.export(tenantId);
    const [key] = await trails.proof.keys(tenantId);
    const fingerprint = key?.fingerprint;
    expect(await verifyTrail(bytesOf(rewritten), { fingerprint })).toMatchObject({ ok: true });
    const verdict = await verifyTrail(bytesOf(rewritten), { fingerprint, after });
    expect(verdict).toMatchObject({ ok: false, finding: { code: 'after', seq: 8 } });
  });

  it('two seals of one line, or of one place, are refused by the database', async () => {
    const tenantId = await trails.newTenant();
    await trails.write(tenantId, 2);
    await trails.seal();
    for (const [seq, entry] of [
      ['seq + 10', 'entry_id'],
      ['seq', 'gen_random_uuid()'],
    ]) {
      const twice = owner.script(`insert into mcp.audit_chain (tenant_id, seq, entry_id, entry_hash, chain_hash)
        select tenant_id, ${seq ?? ''}, ${entry ?? ''}, entry_hash, chain_hash from mcp.audit_chain where tenant_id = '${tenantId}'`);
      await expect(twice).rejects.toThrow(/duplicate key/u);
    }
  });
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'utf8');
}
