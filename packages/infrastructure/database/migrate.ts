import { MeshError } from '@devmesh/foundation';
import { fileNameOf, readMigrations, type MigrationFile, type MigrationService } from './migration-files.ts';
import { inMigrationTransaction, type LockPatience } from './migration-transaction.ts';
import type { MigrationConnection } from './port.ts';

/** A migration and how the database stands to it. */
export interface MigrationState {
  readonly service: string;
  readonly number: number;
  readonly name: string;
  /** `changed`, `missing` and `out_of_order` stop every run. */
  readonly state: 'applied' | 'pending' | 'changed' | 'missing' | 'out_of_order';
  readonly appliedAt?: Date;
}

/** How far down to go: the last `steps` migrations, or those of one service above number `to` (0 undoes all of it). */
export type DownTarget = { readonly steps: number } | { readonly service: string; readonly to: number };

interface MigrateOptions {
  readonly connection: MigrationConnection;
  /** In the order in which they depend on each other: core before rag. */
  readonly services: readonly MigrationService[];
  readonly locks?: LockPatience;
}

/** The migration lock: any number that nothing else in the product uses. */
const lockNumber = 727_100_101;

/**
 * Applies what is pending, one transaction each, and returns it. Concurrent runs wait for each other.
 * Throws `migration_mismatch` that names the file before anything is applied.
 */
export async function migrateUp(options: MigrateOptions): Promise<readonly MigrationState[]> {
  return locked(options, async (plan) => {
    const pending = plan.filter((step) => step.state === 'pending');
    for (const step of pending) await apply(options, step);
    return pending.map((step) => describe({ ...step, state: 'applied' }));
  });
}

/** Undoes applied migrations, the latest first, and returns them. */
export async function migrateDown(
  options: MigrateOptions & { readonly target: DownTarget },
): Promise<readonly MigrationState[]> {
  return locked(options, async (plan) => {
    const chosen = choose(plan.filter((step) => step.state === 'applied').toReversed(), options.target);
    for (const step of chosen) await undo(options, step);
    return chosen.map((step) => describe({ ...step, state: 'pending' }));
  });
}

/** How the database stands to every migration, in order; reports mismatches instead of throwing. */
export async function migrationStatus(options: MigrateOptions): Promise<readonly MigrationState[]> {
  const plan = await inspect(options);
  return plan.map(describe);
}

interface Step extends MigrationState {
  readonly file?: MigrationFile;
}

interface Applied {
  readonly service: string;
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: Date;
}

async function locked<Result>(
  options: MigrateOptions,
  work: (plan: readonly Step[]) => Promise<Result>,
): Promise<Result> {
  const { connection } = options;
  await connection.query('select pg_advisory_lock($1)', [lockNumber]);
  try {
    await connection.script(bookkeeping);
    const plan = await inspect(options);
    refuseMismatch(plan);
    return await work(plan);
  } finally {
    await connection.query('select pg_advisory_unlock($1)', [lockNumber]);
  }
}

const bookkeeping = `
  create schema if not exists devmesh_meta;
  create table if not exists devmesh_meta.migrations (
    service text not null,
    number integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (service, number)
  );
`;

async function inspect({ connection, services }: MigrateOptions): Promise<readonly Step[]> {
  const applied = await readApplied(connection);
  const steps: Step[] = [];
  for (const service of services) {
    const own = applied.filter((row) => row.service === service.name);
    steps.push(...compare(await readMigrations(service), own));
  }
  return steps;
}

async function readApplied(connection: MigrationConnection): Promise<readonly Applied[]> {
  const [table] = await connection.query<{ present: boolean }>(
    `select to_regclass('devmesh_meta.migrations') is not null as present`,
  );
  if (table?.present !== true) return [];
  return connection.query<Applied>(
    'select service, number, name, checksum, applied_at from devmesh_meta.migrations order by service, number',
  );
}

function compare(files: readonly MigrationFile[], applied: readonly Applied[]): readonly Step[] {
  const latest = applied.at(-1)?.number ?? 0;
  const steps = files.map((file): Step => {
    const row = applied.find(({ number }) => number === file.number);
    if (row === undefined) return { ...file, file, state: file.number < latest ? 'out_of_order' : 'pending' };
    const same = row.checksum === file.checksum && row.name === file.name;
    return { ...file, file, state: same ? 'applied' : 'changed', appliedAt: row.applied_at };
  });
  const missing = applied
    .filter((row) => !files.some(({ number }) => number === row.number))
    .map((row): Step => ({ ...row, state: 'missing', appliedAt: row.applied_at }));
  return [...steps, ...missing].sort((one, other) => one.number - other.number);
}

const problems = {
  changed: 'was changed after it was applied',
  missing: 'was applied to this database but is not among the files',
  out_of_order: 'comes before a migration that was already applied',
} as const;

function refuseMismatch(plan: readonly Step[]): void {
  for (const step of plan) {
    if (step.state === 'applied' || step.state === 'pending') continue;
    const file = `migrations/${step.service}/${fileNameOf(step)}`;
    throw new MeshError('migration_mismatch', `${file} ${problems[step.state]}.`);
  }
}

function choose(applied: readonly Step[], target: DownTarget): readonly Step[] {
  if ('steps' in target) return applied.slice(0, target.steps);
  return applied.filter((step) => step.service === target.service && step.number > target.to);
}

async function apply(options: MigrateOptions, { file }: Step): Promise<void> {
  if (file === undefined) return;
  const { connection } = options;
  await inMigrationTransaction(transactionOf(options, file), async () => {
    await connection.script(file.up);
    await connection.query(
      'insert into devmesh_meta.migrations (service, number, name, checksum) values ($1, $2, $3, $4)',
      [file.service, file.number, file.name, file.checksum],
    );
  });
}

async function undo(options: MigrateOptions, { file }: Step): Promise<void> {
  if (file === undefined) return;
  const { connection } = options;
  await inMigrationTransaction(transactionOf(options, file), async () => {
    await connection.script(file.down);
    await connection.query('delete from devmesh_meta.migrations where service = $1 and number = $2', [
      file.service,
      file.number,
    ]);
  });
}

function transactionOf({ connection, locks }: MigrateOptions, file: MigrationFile) {
  return { ...locks, connection, name: `migrations/${file.service}/${fileNameOf(file)}` };
}

function describe({ service, number, name, state, appliedAt }: Step): MigrationState {
  return { service, number, name, state, ...(appliedAt === undefined ? {} : { appliedAt }) };
}
