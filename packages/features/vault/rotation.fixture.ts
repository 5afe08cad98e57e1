import { setTimeout as pause } from 'node:timers/promises';
import { newId, Secret, silentTelemetry } from '@devmesh/foundation';
import { createMasterKeys, type Database, type MasterKeys } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit } from '../audit/index.ts';
import { createVaultKeeping, createVaultKeys, type SealedColumn, type SecretPlace } from './index.ts';
import { createVault, type Vault } from './service.ts';

/** Texts of tests are kept where answers are: any number of rows, with a key of two texts. */
export const column: SealedColumn = {
  table: 'idempotency_keys',
  column: 'response',
  key: { operation: 'text', key: 'text' },
  place: (tenantId, { key = '' }) => placeOf(tenantId, key),
};

function placeOf(tenantId: string, key: string): SecretPlace {
  return { tenantId, table: 'idempotency_keys', row: key, field: 'response' };
}

/** Master keys that change while a process runs, as those of a secrets manager do. */
export interface ChangingMasterKeys extends MasterKeys {
  become(next: MasterKeys): void;
}

/** Master keys that are those of `first` until they become others. */
export function changing(first: MasterKeys): ChangingMasterKeys {
  let keys = first;
  return {
    current: () => keys.current(),
    all: () => keys.all(),
    find: (id) => keys.find(id),
    refresh: () => keys.refresh(),
    close: () => keys.close(),
    become: (next) => {
      keys = next;
    },
  };
}

/** A new master key, with the present one as the previous. */
export function successor(keys: MasterKeys): MasterKeys {
  return createMasterKeys({ current: newMasterKeys().current().key, previous: [keys.current().key] });
}

/** One organization with texts sealed in rows, and what looks after its keys. */
export interface VaultBench {
  readonly tenantId: string;
  readonly keys: ReturnType<typeof createVaultKeys>;
  readonly keeping: ReturnType<typeof createVaultKeeping>;
  /** What the audit trail says was done, newest first. */
  trail(): Promise<readonly string[]>;
  put(vault: Vault, key: string, text: string): Promise<void>;
  read(vault: Vault, key: string): Promise<string>;
  /** How many texts each version seals. */
  versions(): Promise<Readonly<Record<number, number>>>;
  rotate(): Promise<number>;
  /** Looks after the keys of this organization alone. */
  run(): ReturnType<ReturnType<typeof createVaultKeeping>['keepTenant']>;
}

interface BenchOptions {
  readonly database: Database;
  readonly masterKeys: MasterKeys;
  readonly tenantId?: string;
  readonly columns?: readonly SealedColumn[];
  readonly batch?: number;
  readonly graceSeconds?: number;
}

/** Opens an organization of its own, or another view of one. */
export async function openVaultBench(options: BenchOptions): Promise<VaultBench> {
  const { database, masterKeys, columns = [column] } = options;
  const tenantId = options.tenantId ?? (await newTenant(database));
  const audit = createAudit({ database, newId, tracer: silentTelemetry.tracer });
  const keys = createVaultKeys({ database, masterKeys, audit, columns });
  const keeping = createVaultKeeping({ ...options, columns, vaultKeys: keys, telemetry: silentTelemetry });
  return {
    tenantId,
    keys,
    keeping,
    trail: async () =>
      (await audit.list(tenantId, { limit: 50 })).items.map(({ actor, action }) => `${actor} ${action}`),
    put: (vault, key, text) =>
      database.tenant(tenantId, async (tx) => {
        const sealed = await vault.seal(tx, placeOf(tenantId, key), new Secret(text));
        await sql`
          insert into mcp.idempotency_keys (tenant_id, operation, key, request_hash, response)
          values (${tenantId}::uuid, 'bench', ${key}, '', ${sealed})
          on conflict (tenant_id, operation, key) do update set response = excluded.response`.execute(tx);
      }),
    read: (vault, key) =>
      database.tenant(tenantId, async (tx) => {
        const { rows } = await sql<{ response: Uint8Array }>`
          select response from mcp.idempotency_keys where operation = 'bench' and key = ${key}`.execute(tx);
        return (await vault.open(tx, placeOf(tenantId, key), pick(rows, 0).response)).open();
      }),
    versions: async () => {
      const { keys: all } = await keys.status(tenantId);
      return Object.fromEntries(all.map(({ version, secrets }) => [version, secrets]));
    },
    rotate: async () => (await keys.rotate(tenantId, 'system:test')).version,
    run: () => keeping.keepTenant(tenantId, new AbortController().signal),
  };
}

interface LoadOptions {
  readonly database: Database;
  readonly secrets: number;
  readonly readers: number;
  readonly writers: number;
}

/** What a rotation under load came to. */
export interface RotationFigures {
  readonly secrets: number;
  readonly reads: number;
  readonly failedReads: number;
  readonly writes: number;
  /** Texts that were not the last written one at the end. */
  readonly lost: number;
  /** Versions of the key, and master keys, that were deleted or may be dropped. */
  readonly retired: number;
  readonly seconds: number;
}

/**
 * Replaces the tenant's key and the master key, and deletes the old ones, while readers and writers of two processes, each
 * with a vault and a cache of its own, go on. One process learns of the new master key later than the other.
 */
export async function rotateUnderLoad({ database, secrets, readers, writers }: LoadOptions): Promise<RotationFigures> {
  const first = newMasterKeys();
  const [hereKeys, thereKeys] = [changing(first), changing(first)];
  const vaults = [hereKeys, thereKeys].map((masterKeys) => createVault({ masterKeys, database }));
  const seeder = pick(vaults, 0);
  const bench = await openVaultBench({ database, masterKeys: hereKeys, graceSeconds: 1 });
  const texts = new Map(Array.from({ length: secrets }, (_one, index) => [`secret-${String(index)}`, 0]));
  for (const key of texts.keys()) await bench.put(seeder, key, `${key}:0`);

  const load = startLoad({ bench, vaults, texts, readers, writers });
  const began = performance.now();
  let retired: number;
  try {
    retired = await rotateAll({ bench, first, hereKeys, thereKeys });
  } finally {
    await load.stop();
  }
  const seconds = (performance.now() - began) / 1_000;
  const fresh = createVault({ masterKeys: hereKeys });
  let lost = 0;
  for (const [key, generation] of texts) {
    if ((await bench.read(fresh, key)) !== `${key}:${String(generation)}`) lost += 1;
  }
  for (const vault of vaults) await vault.close();
  return { secrets, ...load.figures, lost, retired, seconds };
}

interface Rotations {
  readonly bench: VaultBench;
  readonly first: MasterKeys;
  readonly hereKeys: ChangingMasterKeys;
  readonly thereKeys: ChangingMasterKeys;
}

/** Two rotations of the tenant's key and one of the master key; tells how many keys are gone. */
async function rotateAll({ bench, first, hereKeys, thereKeys }: Rotations): Promise<number> {
  await bench.rotate();
  await bench.run();
  const next = successor(first);
  // As in two roll-outs: every process knows the new key before one wraps by it.
  thereKeys.become(createMasterKeys({ current: first.current().key, previous: [next.current().key] }));
  hereKeys.become(next);
  await bench.rotate();
  const signal = AbortSignal.timeout(120_000);
  let retired = 0;
  while (!signal.aborted && (await bench.keys.status(bench.tenantId)).keys.length > 1) {
    retired += (await bench.keeping.run(signal)).retired;
    await pause(200);
  }
  const { masterKeys } = await bench.keys.status(bench.tenantId);
  const unused = masterKeys.filter(({ inUse }) => !inUse).length;
  const alone = createMasterKeys({ current: next.current().key });
  for (const keys of [hereKeys, thereKeys]) keys.become(unused > 0 ? alone : next);
  await pause(200);
  return retired + unused;
}

function pick<One>(all: readonly One[], turn: number): One {
  const one = all[turn % all.length];
  if (one === undefined) throw new Error('there is nothing to pick from');
  return one;
}

interface Load {
  readonly bench: VaultBench;
  readonly vaults: readonly Vault[];
  /** The last written generation of each. */
  readonly texts: Map<string, number>;
  readonly readers: number;
  readonly writers: number;
}

function startLoad({ bench, vaults, texts, readers, writers }: Load) {
  const figures = { reads: 0, failedReads: 0, writes: 0 };
  const names = [...texts.keys()];
  const over = new AbortController();
  const read = async (reader: number): Promise<void> => {
    for (let turn = reader; !over.signal.aborted; turn += 7) {
      const key = pick(names, turn * 31);
      const text = await bench.read(pick(vaults, turn), key).catch(() => 'it failed');
      figures.reads += 1;
      if (!text.startsWith(`${key}:`)) figures.failedReads += 1;
    }
  };
  const write = async (writer: number): Promise<void> => {
    // Each writes texts of its own, so that the last written one of each is known.
    const own = names.filter((_name, index) => index % writers === writer);
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      const key = pick(own, turn);
      const generation = (texts.get(key) ?? 0) + 1;
      await bench.put(pick(vaults, turn), key, `${key}:${String(generation)}`);
      texts.set(key, generation);
      figures.writes += 1;
      await pause(5);
    }
  };
  const all = [
    ...Array.from({ length: readers }, (_one, reader) => read(reader)),
    ...Array.from({ length: writers }, (_one, writer) => write(writer)),
  ];
  return {
    figures,
    stop: async () => {
      over.abort();
      await Promise.all(all);
    },
  };
}
