import { MeshError, type Clock, type Service, type Telemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { endOfChain } from './chain-end.ts';
import { sealBatch } from './seal.ts';
import { keepCheckpoint, type SigningOptions } from './signing.ts';
import { selectUnsealedTenants } from './store-chain.ts';
import { selectTenantsToSign } from './store-proof.ts';

export interface SealerOptions extends SigningOptions {
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Lines that one transaction seals. Default 500. */
  readonly batchSize?: number | undefined;
  /** Lines after which a checkpoint is due. Default 1,000. */
  readonly checkpointEntries?: number | undefined;
  /** Seconds after which a checkpoint is due if anything was sealed. Default 60. */
  readonly checkpointSeconds?: number | undefined;
}

/** What one round did. */
export interface SealedRound {
  readonly sealed: number;
  readonly signed: number;
  /** Tenants whose trail could not be sealed or signed; the log tells why. */
  readonly failed: number;
}

const defaultBatch = 500;
const tenantsAtOnce = 200;
const everyMilliseconds = 1_000;
/** A tenant with much to seal lets the others have their turn after so many batches. */
const batchesPerTurn = 4;

/** A service that seals what was committed, within a second or two; any number of processes may run one. */
export function createAuditSealer(options: SealerOptions): Service {
  return createSchedule({
    name: 'audit-sealer',
    everyMilliseconds,
    clock: options.clock,
    telemetry: options.telemetry,
    work: async (signal) => {
      let round: SealedRound;
      do {
        round = await sealAll(options, signal);
      } while (round.sealed >= (options.batchSize ?? defaultBatch) && round.failed === 0 && !signal.aborted);
      const { failed } = round;
      if (failed > 0)
        throw new MeshError('internal', `the trails of ${String(failed)} organization(s) could not be sealed`);
    },
  });
}

/** Seals everything that is committed, then signs what is due. One tenant that fails keeps no other waiting. */
export async function sealAll(options: SealerOptions, signal: AbortSignal): Promise<SealedRound> {
  const total = { sealed: 0, signed: 0, failed: 0 };
  const unsealed = (after: string | undefined) => (tx: Parameters<typeof selectUnsealedTenants>[0]) =>
    selectUnsealedTenants(tx, { after, limit: tenantsAtOnce });
  await everyTenant(options, { list: unsealed, signal, total }, async (tenantId) => {
    total.sealed += await sealTurn(options, tenantId, signal);
  });
  const due = {
    olderThanSeconds: options.checkpointSeconds ?? 60,
    entries: options.checkpointEntries ?? 1_000,
    limit: tenantsAtOnce,
  };
  const unsigned = (after: string | undefined) => (tx: Parameters<typeof selectTenantsToSign>[0]) =>
    selectTenantsToSign(tx, { ...due, after });
  await everyTenant(options, { list: unsigned, signal, total }, async (tenantId) => {
    await signEnd(options, tenantId);
    total.signed += 1;
  });
  const { metrics } = options.telemetry;
  if (total.sealed > 0) metrics.count('devmesh_audit_sealed_total', {}, total.sealed);
  if (total.signed > 0) metrics.count('devmesh_audit_checkpoints_total', {}, total.signed);
  return total;
}

interface Round {
  readonly list: (
    after: string | undefined,
  ) => (tx: Parameters<typeof selectUnsealedTenants>[0]) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  readonly total: { failed: number };
}

async function everyTenant(
  { database, telemetry }: SealerOptions,
  { list, signal, total }: Round,
  work: (tenantId: string) => Promise<void>,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const tenants = await database.system('audit-seal', list(after));
    for (const tenantId of tenants) {
      if (signal.aborted) return;
      try {
        await work(tenantId);
      } catch (error) {
        total.failed += 1;
        telemetry.log.error('the trail of an organization could not be sealed', error, {
          'devmesh.tenant.id': tenantId,
        });
      }
    }
    after = tenants.at(-1);
    if (tenants.length < tenantsAtOnce) return;
  }
}

async function sealTurn(options: SealerOptions, tenantId: string, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (let turn = 0; turn < batchesPerTurn && !signal.aborted; turn += 1) {
    const { sealed, more } = await sealBatch({ ...options, batchSize: options.batchSize ?? defaultBatch }, tenantId);
    total += sealed;
    if (!more) break;
  }
  return total;
}

/** Signs the present end of a tenant's chain. */
async function signEnd(options: SealerOptions, tenantId: string): Promise<void> {
  await options.database.tenant(tenantId, async (tx) => {
    const { seq } = await endOfChain(tx, tenantId);
    await keepCheckpoint(options, tx, { tenantId, kind: 'regular', seq });
  });
}
