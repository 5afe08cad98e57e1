import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError } from '@devmesh/foundation';

/** A folder of numbered migrations, run as one sequence. */
export interface MigrationService {
  /** e.g. `core` or `rag`. */
  readonly name: string;
  readonly folder: string;
}

/** One migration as its two files give it. */
export interface MigrationFile {
  readonly service: string;
  readonly number: number;
  /** What follows the number in the file's name. */
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** SHA-256 of the up file, in hex. */
  readonly checksum: string;
}

const fileName = /^(\d{4})_([a-z0-9_]+)\.(up|down)\.sql$/u;

/** Reads a service's migrations in order; throws `migration_mismatch` for a misnamed file, a number used twice or half a pair. */
export async function readMigrations(service: MigrationService): Promise<readonly MigrationFile[]> {
  const names = (await readdir(service.folder)).filter((name) => name.endsWith('.sql')).sort();
  const misnamed = names.find((name) => !fileName.test(name));
  if (misnamed !== undefined) throw mismatch(service, misnamed, 'is not named like 0001_name.up.sql');
  const ups = names.filter((name) => name.endsWith('.up.sql'));
  const orphan = names.find((name) => name.endsWith('.down.sql') && !ups.includes(name.replace('.down.', '.up.')));
  if (orphan !== undefined) throw mismatch(service, orphan, 'has no .up.sql beside it');
  const files = await Promise.all(ups.map((name) => readPair(service, name, names)));
  const twice = files.find((file, index) => files[index - 1]?.number === file.number);
  if (twice !== undefined) throw mismatch(service, fileNameOf(twice), 'has a number that another migration uses');
  return files;
}

async function readPair(service: MigrationService, upName: string, names: readonly string[]): Promise<MigrationFile> {
  const downName = upName.replace('.up.', '.down.');
  if (!names.includes(downName)) throw mismatch(service, upName, 'has no .down.sql beside it');
  const [up, down] = await Promise.all([upName, downName].map((name) => readFile(join(service.folder, name), 'utf8')));
  const [, digits = '', name = ''] = fileName.exec(upName) ?? [];
  const checksum = createHash('sha256')
    .update(up ?? '')
    .digest('hex');
  return { service: service.name, number: Number(digits), name, up: up ?? '', down: down ?? '', checksum };
}

/** The name of a migration's up file. */
export function fileNameOf(migration: Pick<MigrationFile, 'number' | 'name'>): string {
  return `${String(migration.number).padStart(4, '0')}_${migration.name}.up.sql`;
}

/** A hash that changes with any migration file of these services. */
export async function hashMigrations(services: readonly MigrationService[]): Promise<string> {
  const hash = createHash('sha256');
  for (const service of services) {
    for (const file of await readMigrations(service)) {
      hash.update(`${service.name}/${fileNameOf(file)}\0${file.up}\0${file.down}\0`);
    }
  }
  return hash.digest('hex');
}

function mismatch(service: MigrationService, file: string, problem: string): MeshError {
  return new MeshError('migration_mismatch', `migrations/${service.name}/${file} ${problem}.`);
}
