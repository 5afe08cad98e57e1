import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '@devmesh/foundation';
import { createMasterKeys, type Database } from '@devmesh/infrastructure';
import { newMasterKeys, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMasterKeys } from './master-key-check.ts';
import { changing, column, openVaultBench, rotateUnderLoad, successor, type VaultBench } from './rotation.fixture.ts';
import { createVault } from './service.ts';
import { replaceSealed, selectOlder } from './store-sealed.ts';

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('rotation', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const { signal } = new AbortController();
  const open = (more = {}) => openVaultBench({ database, masterKeys: newMasterKeys(), ...more });
  const names = (count: number): readonly string[] =>
    Array.from({ length: count }, (_one, index) => `k${String(index)}`);
  const texts = async (bench: VaultBench, vault: ReturnType<typeof createVault>, count: number) => {
    const read: string[] = [];
    for (const name of names(count)) read.push(await bench.read(vault, name));
    return read;
  };
  const passTime = (tenantId: string, seconds: number): Promise<unknown> =>
    database.tenant(tenantId, (tx) =>
      sql`update mcp.tenant_keys set unused_since = unused_since - make_interval(secs => ${seconds}::double precision)`.execute(
        tx,
      ),
    );

  it('seals anew in batches what older keys sealed, and deletes them when the grace is over [vault.tenant-keys]', async () => {
    const masterKeys = newMasterKeys();
    const bench = await open({ masterKeys, batch: 3 });
    const vault = createVault({ masterKeys });
    for (const name of names(8)) await bench.put(vault, name, name);
    expect(await bench.rotate()).toBe(2);
    await bench.put(vault, 'k8', 'k8');
    expect(await bench.versions()).toEqual({ 1: 8, 2: 1 });
    expect(await texts(bench, vault, 9)).toEqual(names(9));
    expect(await bench.run()).toMatchObject({ resealed: 8, refused: 0, retired: 0 });
    expect(await bench.versions()).toEqual({ 1: 0, 2: 9 });
    await passTime(bench.tenantId, 899);
    expect(await bench.run()).toMatchObject({ resealed: 0, retired: 0 });
    await passTime(bench.tenantId, 2);
    expect(await bench.run()).toMatchObject({ retired: 1 });
    expect(await bench.versions()).toEqual({ 2: 9 });
    expect(await texts(bench, createVault({ masterKeys }), 9)).toEqual(names(9));
    expect(await bench.trail()).toEqual(['system:test vault.rotate']);
  });

  it('keeps a version while anything is sealed under it, also what came back after it was found unused', async () => {
    const masterKeys = newMasterKeys();
    const bench = await open({ masterKeys, graceSeconds: 0 });
    const vault = createVault({ masterKeys });
    await bench.put(vault, 'k0', 'kept');
    const { rows } = await database.tenant(bench.tenantId, (tx) =>
      sql<{ response: Uint8Array }>`select response from mcp.idempotency_keys`.execute(tx),
    );
    await bench.rotate();
    await bench.run();
    expect(await bench.versions()).toEqual({ 1: 0, 2: 1 });
    // As a transaction does that read the row before it was sealed anew.
    await database.tenant(bench.tenantId, (tx) =>
      sql`update mcp.idempotency_keys set response = ${rows[0]!.response}`.execute(tx),
    );
    const blind = await open({ masterKeys, tenantId: bench.tenantId, graceSeconds: 0, batch: 0 });
    expect(await blind.run()).toMatchObject({ retired: 0 });
    expect(await bench.versions()).toEqual({ 1: 1, 2: 0 });
    expect(await bench.read(createVault({ masterKeys }), 'k0')).toBe('kept');
    expect(await bench.run()).toMatchObject({ resealed: 1 });
  });

  it('lets a write win that comes while a text is sealed anew', async () => {
    const masterKeys = newMasterKeys();
    const vault = createVault({ masterKeys });
    const bench = await open({ masterKeys });
    await bench.put(vault, 'k0', 'before');
    await bench.rotate();
    await database.tenant(bench.tenantId, async (tx) => {
      const rows = await selectOlder(tx, column, { version: 2, after: undefined, limit: 10 });
      expect(rows.map(({ key }) => key)).toEqual([{ operation: 'bench', key: 'k0' }]);
      // The same transaction stands for one that committed in between.
      const place = column.place(bench.tenantId, { key: 'k0' });
      const written = await vault.seal(tx, place, new Secret('meanwhile'));
      await sql`update mcp.idempotency_keys set response = ${written}`.execute(tx);
      const late = rows.map((row) => ({ ...row, anew: Buffer.from('what was made of the text before') }));
      expect(await replaceSealed(tx, column, late)).toBe(0);
    });
    expect(await bench.read(vault, 'k0')).toBe('meanwhile');
  });

  it('leaves what does not open as it is, says so, and keeps its key', async () => {
    const masterKeys = newMasterKeys();
    const bench = await open({ masterKeys, graceSeconds: 0 });
    const vault = createVault({ masterKeys });
    for (const name of names(3)) await bench.put(vault, name, name);
    await database.tenant(bench.tenantId, (tx) =>
      sql`update mcp.idempotency_keys set response = set_byte(response, 30, 255 - get_byte(response, 30)) where key = 'k1'`.execute(
        tx,
      ),
    );
    await bench.rotate();
    for (let run = 0; run < 3; run += 1) await bench.run();
    expect(await bench.run()).toMatchObject({ resealed: 0, refused: 1, retired: 0 });
    expect(await bench.versions()).toEqual({ 1: 1, 2: 2 });
    expect([await bench.read(vault, 'k0'), await bench.read(vault, 'k2')]).toEqual(['k0', 'k2']);
  });

  it('refuses another rotation while many versions wait, and gives two at once different versions', async () => {
    const bench = await open();
    expect(await Promise.all([bench.rotate(), bench.rotate(), bench.rotate()])).toEqual(
      expect.arrayContaining([1, 2, 3]),
    );
    for (let version = 4; version <= 8; version += 1) expect(await bench.rotate()).toBe(version);
    await expect(bench.rotate()).rejects.toMatchObject({ code: 'conflict' });
    expect((await bench.keys.status(bench.tenantId)).keys.filter(({ current }) => current)).toHaveLength(1);
  });

  it('replaces a key by itself long before it has sealed too much, and a worn one seals nothing', async () => {
    const masterKeys = newMasterKeys();
    const bench = await open({ masterKeys });
    const vault = createVault({ masterKeys });
    await bench.put(vault, 'k0', 'text');
    const setMessages = (count: number) =>
      database.tenant(bench.tenantId, (tx) => sql`update mcp.tenant_keys set messages = ${count}::bigint`.execute(tx));
    await setMessages(2 ** 32);
    await expect(bench.put(vault, 'k1', 'text')).rejects.toMatchObject({ code: 'conflict' });
    await setMessages(2 ** 31 + 1);
    await bench.keeping.run(new AbortController().signal);
    expect(await bench.versions()).toEqual({ 1: 0, 2: 1 });
    expect(await bench.trail()).toEqual(['system:vault vault.rotate']);
    await bench.put(vault, 'k1', 'text');
  });

  it('counts what was sealed in blocks, never too little', async () => {
    const masterKeys = newMasterKeys();
    const bench = await open({ masterKeys });
    const [one, other] = [createVault({ masterKeys }), createVault({ masterKeys })];
    for (const name of names(5)) await bench.put(one, name, name);
    await bench.put(other, 'k9', 'text');
    const { keys } = await bench.keys.status(bench.tenantId);
    expect(keys.map(({ messages }) => messages)).toEqual([8_192]);
  });

  describe('of the master key', () => {
    it('wraps every key anew, and tells when the previous one can be dropped [vault.rotation]', async () => {
      const own = await openTestDatabase();
      try {
        const first = newMasterKeys();
        const keys = changing(first);
        const benches = [
          await open({ database: own, masterKeys: keys }),
          await open({ database: own, masterKeys: keys }),
        ];
        const vault = createVault({ masterKeys: keys });
        for (const bench of benches) await bench.put(vault, 'k0', bench.tenantId);
        const next = successor(first);
        keys.become(next);
        const [bench] = benches;
        const use = async () => (await bench!.keys.status(bench!.tenantId)).masterKeys;
        expect(await use()).toEqual([
          { id: next.current().id, current: true, inUse: false },
          { id: first.current().id, current: false, inUse: true },
        ]);
        expect(await bench!.keeping.run(signal)).toMatchObject({ rewrapped: 2, stuck: 0 });
        expect((await use()).map(({ inUse }) => inUse)).toEqual([true, false]);
        const alone = createVault({ masterKeys: createMasterKeys({ current: next.current().key }) });
        for (const one of benches) expect(await one.read(alone, 'k0')).toBe(one.tenantId);
        const before = createVault({ masterKeys: first });
        await expect(bench!.read(before, 'k0')).rejects.toMatchObject({ code: 'wrong_secret' });
      } finally {
        await own.close();
      }
    });

    it('says which key is wanted when the newest one does not open, and leaves it as it is', async () => {
      const own = await openTestDatabase();
      try {
        const [right, wrong] = [newMasterKeys(), newMasterKeys()];
        await checkMasterKeys({ database: own, masterKeys: wrong });
        const bench = await open({ database: own, masterKeys: right });
        await bench.put(createVault({ masterKeys: right }), 'k0', 'text');
        await checkMasterKeys({ database: own, masterKeys: right });
        const refused = checkMasterKeys({ database: own, masterKeys: wrong });
        await expect(refused).rejects.toMatchObject({ code: 'wrong_secret' });
        await expect(refused).rejects.toThrow(new RegExp(`${right.current().id}.+${wrong.current().id}`, 'u'));
        const stranger = await open({ database: own, masterKeys: wrong, tenantId: bench.tenantId });
        expect(await stranger.keeping.run(signal)).toMatchObject({ rewrapped: 0, stuck: 1 });
        expect(await bench.read(createVault({ masterKeys: right }), 'k0')).toBe('text');
      } finally {
        await own.close();
      }
    });

    it('cannot pass off the wrapped key of one tenant or version as that of another', async () => {
      const masterKeys = newMasterKeys();
      const [one, other] = [await open({ masterKeys }), await open({ masterKeys })];
      const vault = createVault({ masterKeys });
      await one.put(vault, 'k0', 'text');
      await other.put(vault, 'k0', 'text');
      const { rows } = await database.tenant(one.tenantId, (tx) =>
        sql<{ wrapped: Uint8Array }>`select wrapped from mcp.tenant_keys`.execute(tx),
      );
      await database.tenant(other.tenantId, (tx) =>
        sql`update mcp.tenant_keys set wrapped = ${rows[0]!.wrapped}`.execute(tx),
      );
      await expect(other.read(createVault({ masterKeys }), 'k0')).rejects.toMatchObject({ code: 'wrong_secret' });
    });
  });

  it.skipIf(!onServer)(
    'deletes no version that an open transaction seals under (needs a second connection: runs where DATABASE_URL is set)',
    async () => {
      const masterKeys = newMasterKeys();
      const bench = await open({ masterKeys, graceSeconds: 0 });
      const vault = createVault({ masterKeys });
      await bench.put(vault, 'k0', 'text');
      const [sealed, commit] = [gate(), gate()];
      const slow = database.tenant(bench.tenantId, async (tx) => {
        const text = await vault.seal(tx, column.place(bench.tenantId, { key: 'late' }), new Secret('late'));
        sealed.open();
        await commit.opened;
        await sql`
          insert into mcp.idempotency_keys (tenant_id, operation, key, request_hash, response)
          values (${bench.tenantId}::uuid, 'bench', 'late', '', ${text})`.execute(tx);
      });
      await sealed.opened;
      await bench.rotate();
      const kept = (async () => {
        await bench.run();
        return bench.run();
      })();
      // Long enough for a keeper that does not wait to have deleted the version.
      await Promise.race([kept, pause(500)]);
      commit.open();
      await slow;
      await kept;
      expect(await bench.read(createVault({ masterKeys }), 'late')).toBe('late');
    },
  );

  it('goes on under load without a failed read or a lost write, and ends with one key [vault.rotation]', async () => {
    const own = await openTestDatabase();
    const figures = await rotateUnderLoad({ database: own, secrets: 300, readers: 4, writers: 2 });
    await own.close();
    expect(figures).toMatchObject({ failedReads: 0, lost: 0, retired: 3 });
    expect(Math.min(figures.reads, figures.writes)).toBeGreaterThan(50);
  }, 60_000);
});
