import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashMigrations, type MigrationService } from './migration-files.ts';

/** Migrated data folders of PGlite kept as files, so that a new database need not run initdb. */
export interface SnapshotCache {
  read(): Promise<Uint8Array | undefined>;
  /** Stores it atomically, unless the migrations have changed meanwhile, and forgets the snapshots least recently used. */
  write(snapshot: Uint8Array): Promise<void>;
}

const prefix = 'pglite-';
const kept = 4;

/** The snapshot of exactly these migrations on exactly this PGlite, kept in `folder`. */
export async function openSnapshotCache(
  folder: string,
  migrations: readonly MigrationService[],
): Promise<SnapshotCache> {
  const key = await snapshotKey(migrations);
  const file = join(folder, `${prefix}${key}.tgz`);
  return {
    read: async () => {
      if (!existsSync(file)) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return readFile(file);
    },
    write: async (snapshot) => {
      if ((await snapshotKey(migrations)) !== key) return;
      await mkdir(folder, { recursive: true });
      const draft = `${file}.${randomUUID()}`;
      await writeFile(draft, snapshot);
      await rename(draft, file);
      await forgetOld(folder);
    },
  };
}

/** The nearest `node_modules/.cache/devmesh` above this module; undefined where there is none (a bundle on its own). */
export function defaultSnapshotFolder(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'node_modules', '@electric-sql'))) {
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  return join(folder, 'node_modules', '.cache', 'devmesh');
}

async function snapshotKey(migrations: readonly MigrationService[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['@electric-sql/pglite', '@electric-sql/pglite-pgvector']) hash.update(await manifestOf(name));
  hash.update(await hashMigrations(migrations));
  return hash.digest('hex').slice(0, 32);
}

// The packages do not export their manifests, which name the version; it lies above the folder of the entry.
async function manifestOf(name: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(name);
  return readFile(join(dirname(entry), '..', 'package.json'), 'utf8');
}

async function forgetOld(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name.endsWith('.tgz'));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, usedAt: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = dated.sort((one, other) => other.usedAt - one.usedAt).slice(kept);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
