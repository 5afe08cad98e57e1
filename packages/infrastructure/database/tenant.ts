import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { MeshError, type Metrics } from '@devmesh/foundation';
import { isRepeatable } from './failures.ts';
import type { Database, SystemJob, Tx } from './port.ts';
import type { SessionPool } from './session.ts';
import { runTransaction, type Beginning } from './transaction.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;
const jobName = /^[a-z][a-z-]{0,40}$/u;
const attempts = 4;

/** The transactions of a database: how a tenant, or a named system job, gets its rows and no others. */
export interface Transactions extends Pick<Database, 'tenant' | 'system'> {
  /** Throws where the caller is inside an open transaction, which would wait for itself. */
  refuseNesting(): void;
}

/** Builds the transactions of any engine that lends sessions. */
export function createTransactions(pool: SessionPool, metrics: Metrics): Transactions {
  const current = new AsyncLocalStorage<{ open: boolean }>();

  const refuseNesting = (): void => {
    if (current.getStore()?.open !== true) return;
    const sentence = 'A transaction was open already: hand its tx on, or do this after it has committed.';
    throw new MeshError('internal', sentence);
  };

  const attempt = async <Result>(beginning: Beginning, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
    const scope = { open: true };
    try {
      return await current.run(scope, () => runTransaction(pool, beginning, work));
    } finally {
      scope.open = false;
    }
  };

  const run = async <Result>(
    kind: string,
    beginning: Beginning,
    work: (tx: Tx) => Promise<Result>,
  ): Promise<Result> => {
    refuseNesting();
    const startedAt = performance.now();
    let outcome = 'rolled_back';
    try {
      const result = await repeat(() => attempt(beginning, work), metrics);
      outcome = 'committed';
      return result;
    } finally {
      metrics.count('devmesh_database_transactions_total', { kind, outcome });
      metrics.time('devmesh_database_transaction_seconds', (performance.now() - startedAt) / 1000, { kind });
    }
  };

  return {
    refuseNesting,
    tenant: async (tenantId, work) => run('tenant', { lane: tenantId, begin: tenantScript(tenantId) }, work),
    system: async (job, work) => {
      metrics.count('devmesh_database_system_total', { job });
      return run('system', { lane: 'system', begin: systemScript(job) }, work);
    },
  };
}

// Both values are checked by a pattern, so one script without parameters opens a transaction in a single round trip.
function tenantScript(tenantId: string): string {
  if (!uuid.test(tenantId)) throw new MeshError('internal', 'A tenant id must be a UUID.');
  return `begin; set local role devmesh_app; select set_config('app.tenant_id', '${tenantId}', true)`;
}

function systemScript(job: SystemJob): string {
  if (!jobName.test(job)) throw new MeshError('internal', 'A system job must be named in lower-case words.');
  return `begin; set local role devmesh_system; select set_config('app.system_job', '${job}', true)`;
}

async function repeat<Result>(attempt: () => Promise<Result>, metrics: Metrics): Promise<Result> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isRepeatable(error)) throw error;
      metrics.count('devmesh_database_repeats_total');
      await pause(Math.random() * 20 * (attempts - left));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
