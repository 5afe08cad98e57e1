import { MeshError, type Clock, type Service, type Telemetry } from '@devmesh/foundation';
import type { Database, MasterKeys } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { createKeyring, manyMessages } from './keyring.ts';
import type { VaultKeys } from './keys.ts';
import { resealTenant, type KeepingOptions, type Resealing } from './reseal.ts';
import { retireKeys } from './retire.ts';
import { rewrapKeys, type Rewrapping } from './rewrap.ts';
import type { SealedColumn } from './sealed-column.ts';
import { countByWrapper, selectTenantsToKeep, selectWornOut } from './store-system.ts';

interface VaultKeeperOptions {
  readonly database: Database;
  readonly masterKeys: MasterKeys;
  readonly vaultKeys: Pick<VaultKeys, 'rotate'>;
  readonly columns: readonly SealedColumn[];
  readonly telemetry: Telemetry;
  /** Default 50: on the embedded database readers wait for a batch. */
  readonly batch?: number;
  /** Default 900: longer than any transaction lasts. */
  readonly graceSeconds?: number;
}

/** What was done for one organization. */
interface KeptOfTenant extends Resealing {
  /** Versions that were deleted. */
  readonly retired: number;
}

interface KeptOfTenants extends KeptOfTenant {
  /** Organizations that could not be looked after. */
  readonly failed: number;
}

/** What one run did. */
type Kept = Rewrapping & KeptOfTenants;

/** Carries rotations through: keys are wrapped by the current master key, texts sealed under the current key, old keys deleted. */
export interface VaultKeeping {
  run(signal: AbortSignal): Promise<Kept>;
  /** Looks after the keys of one organization. */
  keepTenant(tenantId: string, signal: AbortSignal): Promise<KeptOfTenant>;
}

const tenantsAtOnce = 200;

/** Builds what the keeper does in each run; any number of processes may do it at once. */
export function createVaultKeeping(options: VaultKeeperOptions): VaultKeeping {
  const { masterKeys, batch = 50, graceSeconds = 900 } = options;
  const keyring = createKeyring({ masterKeys, rememberMilliseconds: 10_000 });
  const keeping: KeepingOptions = { ...options, keyring, batch, graceSeconds };
  return {
    keepTenant: (tenantId, signal) => keepTenant(keeping, tenantId, signal),
    run: async (signal) => {
      const wrapping = await rewrapKeys(keeping, signal);
      const worn = await replaceWornOut(options);
      const tenants = await keepTenants(keeping, signal);
      return { ...wrapping, ...tenants, failed: worn + tenants.failed };
    },
  };
}

async function replaceWornOut({ database, vaultKeys, telemetry }: VaultKeeperOptions): Promise<number> {
  let failed = 0;
  for (const tenantId of await database.system('vault', (tx) => selectWornOut(tx, manyMessages))) {
    try {
      await vaultKeys.rotate(tenantId, 'system:vault');
    } catch (error) {
      failed += 1;
      telemetry.log.error('a worn out key could not be replaced', error, { 'tenant.id': tenantId });
    }
  }
  return failed;
}

async function keepTenants(options: KeepingOptions, signal: AbortSignal): Promise<KeptOfTenants> {
  const kept = { resealed: 0, refused: 0, retired: 0, failed: 0 };
  let tenants: readonly string[];
  let after: string | undefined;
  do {
    const from = after;
    tenants = await options.database.system('vault', (tx) => selectTenantsToKeep(tx, from, tenantsAtOnce));
    for (const tenantId of tenants) {
      if (signal.aborted) return kept;
      try {
        const { resealed, refused, retired } = await keepTenant(options, tenantId, signal);
        kept.resealed += resealed;
        kept.refused += refused;
        kept.retired += retired;
      } catch (error) {
        // One organization must not hold up the others.
        kept.failed += 1;
        options.telemetry.log.error('the keys of an organization could not be kept', error, { 'tenant.id': tenantId });
      }
    }
    after = tenants.at(-1);
  } while (tenants.length === tenantsAtOnce);
  return kept;
}

async function keepTenant(options: KeepingOptions, tenantId: string, signal: AbortSignal): Promise<KeptOfTenant> {
  const resealing = await resealTenant(options, tenantId, signal);
  const retired = await retireKeys(options, tenantId);
  return { ...resealing, retired: retired.length };
}

/** A service that carries rotations through, at its start and every half minute. */
export function createVaultKeeper(options: VaultKeeperOptions & { readonly clock: Clock }): Service {
  const keeping = createVaultKeeping(options);
  const { clock, telemetry } = options;
  return createSchedule({
    name: 'vault-keeper',
    everyMilliseconds: 30_000,
    clock,
    telemetry,
    work: async (signal) => {
      const kept = await keeping.run(signal);
      if (kept.resealed + kept.rewrapped + kept.retired > 0) telemetry.log.info('keys were rotated', { ...kept });
      await tellOfMasterKeys(options, kept);
      if (kept.refused + kept.stuck + kept.failed > 0) throw failure(kept);
    },
  });
}

function failure({ refused, stuck, failed }: Kept): MeshError {
  return new MeshError(
    'wrong_secret',
    `${String(stuck)} key(s) open with no configured master key, ${String(refused)} stored secret(s) do not open, ${String(failed)} organization(s) could not be looked after.`,
  );
}

/** After a rotation the operator waits for the sentence that the old key may go. */
async function tellOfMasterKeys({ database, masterKeys, telemetry }: VaultKeeperOptions, kept: Kept): Promise<void> {
  const [, ...previous] = masterKeys.all();
  if (previous.length === 0 || kept.rewrapped === 0) return;
  const counts = await database.system('vault', countByWrapper);
  const needed = previous.filter(({ id }) => counts.has(id) || counts.has(null)).map(({ id }) => id);
  if (needed.length === 0) telemetry.log.info('no key is wrapped by a previous master key; they may be dropped');
  else telemetry.log.warn('keys are still wrapped by a previous master key', { 'vault.master_keys': needed.join(' ') });
}
