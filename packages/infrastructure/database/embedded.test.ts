import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { silentTelemetry } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedDatabase } from './embedded.ts';
import type { PgliteDatabase } from './pglite.ts';
import { productMigrations } from './product-migrations.ts';

// Every opening of a data folder takes a second or more, and these tests open many.
vi.setConfig({ testTimeout: 120_000 });

const tenant = '0197a1de-0000-7000-8000-000000000001';
const writer = fileURLToPath(new URL('./fixtures/writer.ts', import.meta.url));
const written = "create table mcp.written (tenant_id uuid not null, n bigint not null); call mcp.protect('written');";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devmesh-embedded-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (): Promise<PgliteDatabase> =>
  openEmbeddedDatabase({ folder, telemetry: silentTelemetry, migrations: productMigrations });

async function numbers(database: PgliteDatabase): Promise<readonly number[]> {
  const { rows } = await database.tenant(tenant, (tx) =>
    sql<{ n: number }>`select n from mcp.written order by n`.execute(tx),
  );
  return rows.map(({ n }) => n);
}

interface Writer {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<unknown>;
}

function startWriter(): Writer {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, tenant], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { child, lines, ended: once(child, 'close') };
}

test('what was written is there after closing and opening again', async () => {
  const first = await open();
  const connection = await first.migrationConnection();
  await connection.script(written);
  await connection.close();
  await first.tenant(tenant, (tx) => sql`insert into mcp.written values (${tenant}, 7)`.execute(tx));
  await first.close();
  const second = await open();
  expect(await numbers(second)).toEqual([7]);
  await second.close();
});

test('a second process on the same folder is refused in one sentence, and works once the first has closed [database.one-owner]', async () => {
  const database = await open();
  const second = startWriter();
  await second.ended;
  expect(second.lines).toEqual([
    expect.stringMatching(new RegExp(`^folder_in_use: .*Process ${String(process.pid)} already uses`, 'u')),
  ]);
  await database.close();
  const third = startWriter();
  await expect.poll(() => third.lines.length, { timeout: 60_000 }).toBeGreaterThan(1);
  third.child.kill('SIGKILL');
  await third.ended;
});

test('kill -9 in a loop of writes loses no acknowledged row [database.survives-kill]', async () => {
  let acknowledged = 0;
  for (let round = 1; round <= 4; round += 1) {
    const { child, lines, ended } = startWriter();
    await expect.poll(() => lines.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(20 * round);
    child.kill('SIGKILL');
    await ended;
    expect(lines[0]).toBe('open');
    expect(Number(lines[1])).toBeGreaterThan(acknowledged);
    acknowledged = Number(lines.at(-1));
    const database = await open();
    const present = await numbers(database);
    // The last row may be committed without its acknowledgement having come through.
    expect(present.length - acknowledged).toBeOneOf([0, 1]);
    expect(present).toEqual(Array.from(present, (_, index) => index + 1));
    await database.close();
  }
});

test('a folder whose first filling was cut short is filled anew', async () => {
  await mkdir(join(folder, 'pg', 'base'), { recursive: true });
  await writeFile(join(folder, 'pg', 'PG_VERSION'), '18\n');
  await writeFile(join(folder, 'pg.unfinished'), '');
  const database = await open();
  await expect(database.ping()).resolves.toBeUndefined();
  expect(existsSync(join(folder, 'pg.unfinished'))).toBe(false);
  await database.close();
});

test('a process killed at any moment of the first filling leaves a folder that opens', async () => {
  for (const name of ['devmesh.lock.', 'pg.unfinished', 'pg']) {
    const own = join(folder, name.replaceAll('.', '-'));
    const reached = async (): Promise<boolean> =>
      (await readdir(own).catch(() => [])).some((present) => present.startsWith(name));
    const child = spawn(process.execPath, ['--import', 'tsx', writer, own, tenant], { stdio: 'ignore' });
    await expect.poll(reached, { timeout: 60_000, interval: 2 }).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const options = { folder: own, telemetry: silentTelemetry, migrations: productMigrations };
    const database = await openEmbeddedDatabase(options);
    await expect(database.ping()).resolves.toBeUndefined();
    await database.close();
  }
});

test('an empty database is filled from the snapshot that the first one left, and changed migrations make another', async () => {
  const snapshotFolder = join(folder, 'snapshots');
  const migrations = join(folder, 'migrations');
  await mkdir(migrations);
  await writeFile(join(migrations, '0001_one.up.sql'), 'create table public.one (n int); insert into one values (1);');
  await writeFile(join(migrations, '0001_one.down.sql'), 'drop table public.one;');
  const options = { telemetry: silentTelemetry, migrations: [{ name: 'trial', folder: migrations }], snapshotFolder };
  const inspect = async (): Promise<unknown> => {
    const database = await openEmbeddedDatabase(options);
    const connection = await database.migrationConnection();
    const rows = await connection.query('select n from public.one order by n');
    await connection.close();
    await database.close();
    return rows;
  };
  expect(await inspect()).toEqual([{ n: 1 }]);
  const [first] = await readdir(snapshotFolder);
  expect(await inspect()).toEqual([{ n: 1 }]);
  expect(await readdir(snapshotFolder)).toEqual([first]);
  await writeFile(join(migrations, '0002_two.up.sql'), 'insert into one values (2);');
  await writeFile(join(migrations, '0002_two.down.sql'), 'delete from one where n = 2;');
  expect(await inspect()).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await readdir(snapshotFolder)).toHaveLength(2);
});

test.skipIf(!canMount())(
  'a full disk gives disk_full, keeps every acknowledged row and goes on once there is room (needs the right to mount) [database.disk-full]',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=110m', 'tmpfs', folder]);
    try {
      const database = await open();
      const connection = await database.migrationConnection();
      await connection.script(`${written} alter table mcp.written add filler text;`);
      await connection.close();
      const insert = (n: number): Promise<unknown> =>
        database.tenant(tenant, (tx) =>
          sql`insert into mcp.written select ${tenant}, ${n}, string_agg(md5(i::text), '') from generate_series(1, 20000) i`.execute(
            tx,
          ),
        );
      // Nearly full, while the engine itself has noticed nothing.
      const filler = join(folder, 'filler');
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc(bavail * bsize - 9 * 1024 * 1024));
      await expect(database.ping()).rejects.toThrow(/has \d MiB free and needs 16/u);
      expect(await numbers(database)).toEqual([]);
      await writeFile(filler, Buffer.alloc(32_000_000));
      await expect(database.ping()).resolves.toBeUndefined();
      let acknowledged = 0;
      const fill = async (): Promise<void> => {
        for (; acknowledged < 500; acknowledged += 1) await insert(acknowledged + 1);
      };
      await expect(fill()).rejects.toMatchObject({ code: 'disk_full' });
      expect(acknowledged).toBeGreaterThan(0);
      await expect(database.ping()).rejects.toMatchObject({ code: 'disk_full' });
      // So full that PostgreSQL may have ended itself: it answers with the rows or says why not, and never hangs.
      const state = await numbers(database).then(
        (present) => present.length === acknowledged,
        (error: unknown) => (error as { code: string }).code === 'disk_full',
      );
      expect(state).toBe(true);
      await rm(filler);
      expect(await numbers(database)).toHaveLength(acknowledged);
      await expect(database.ping()).resolves.toBeUndefined();
      await insert(acknowledged + 1);
      expect(await numbers(database)).toHaveLength(acknowledged + 1);
      await database.close();
    } finally {
      execFileSync('umount', [folder]);
    }
  },
);

function canMount(): boolean {
  const probe = join(tmpdir(), `devmesh-mount-${String(process.pid)}`);
  try {
    execFileSync('mkdir', ['-p', probe]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('rmdir', [probe]);
  }
}
