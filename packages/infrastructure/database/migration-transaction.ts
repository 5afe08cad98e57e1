import { setTimeout as sleep } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import { errorCodeOf } from './failures.ts';
import type { MigrationConnection } from './port.ts';

/** How migrations wait for locks that the traffic holds. */
export interface LockPatience {
  /** Milliseconds one try waits; so long, at most, does a waiting migration hold up what comes after it. Default 400. */
  readonly tryMilliseconds?: number;
  /** Milliseconds after which no further try is begun. Default 60,000. */
  readonly patienceMilliseconds?: number;
}

interface TransactionOptions extends LockPatience {
  readonly connection: MigrationConnection;
  /** The file, for what is told when it fails. */
  readonly name: string;
}

// A lock that was not to be had in time, and a deadlock with the traffic.
const lockFailures: ReadonlySet<string | undefined> = new Set(['55P03', '40P01']);

/**
 * Runs a migration in one transaction. One that waits for a lock makes every later statement on that table wait behind it,
 * so it waits only briefly, lets them through, and tries again.
 */
export async function inMigrationTransaction(options: TransactionOptions, work: () => Promise<void>): Promise<void> {
  const { name, tryMilliseconds = 400, patienceMilliseconds = 60_000 } = options;
  const lastAt = performance.now() + patienceMilliseconds;
  for (;;) {
    const failure = await attempt(options.connection, tryMilliseconds, work);
    if (failure === undefined) return;
    if (!lockFailures.has(errorCodeOf(failure.error))) throw failedBy(name, failure.error);
    if (performance.now() > lastAt) throw lockedOut(name, patienceMilliseconds, failure.error);
    await sleep(tryMilliseconds * (0.5 + Math.random()));
  }
}

async function attempt(
  connection: MigrationConnection,
  lockMilliseconds: number,
  work: () => Promise<void>,
): Promise<{ readonly error: unknown } | undefined> {
  await connection.script(`begin; set local lock_timeout = ${String(lockMilliseconds)}`);
  try {
    await work();
    await connection.script('commit');
    return undefined;
  } catch (error) {
    await connection.script('rollback');
    return { error };
  }
}

function failedBy(name: string, error: unknown): MeshError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MeshError('internal', `${name} failed and was rolled back: ${reason}`, { cause: error });
}

function lockedOut(name: string, milliseconds: number, error: unknown): MeshError {
  const seconds = String(Math.round(milliseconds / 1_000));
  const sentence = `${name} was rolled back: others held a lock that it needs for ${seconds} s. Run it again.`;
  return new MeshError('unavailable', sentence, { cause: error });
}
