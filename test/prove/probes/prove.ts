import type { MigrationConnection } from '@devmesh/infrastructure';
import { openBlankDatabase } from '../instance/blank.ts';
import type { Outcome } from '../outcome.ts';
import { fillTables, type Filled } from './fill.ts';
import { readShapes, type Shape } from './shape.ts';
import { probeAsSystem } from './system-probes.ts';
import { probeAsTenant } from './tenant-probes.ts';

/** A database in which two tenants have a row in every table. */
export interface ProbeGround {
  readonly shapes: readonly Shape[];
  readonly filled: Filled;
  readonly tenants: readonly [a: string, b: string];
}

const tenants = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'] as const;

/** Gives two tenants a row in every table of an empty database. */
export async function fillForProbes(connection: MigrationConnection): Promise<ProbeGround> {
  const shapes = await readShapes(connection);
  return { shapes, filled: await fillTables(connection, shapes, tenants), tenants };
}

/** Sends all probes inside the transaction that is open, and leaves nothing of them. */
export async function probeAll(connection: MigrationConnection, ground: ProbeGround): Promise<Outcome> {
  const asTenant = await probeAsTenant(connection, ground);
  const asSystem = await probeAsSystem(connection, ground);
  return {
    figures: { tables: ground.filled.size, probes: asTenant.probes + asSystem.probes },
    failures: [...asTenant.problems, ...asSystem.problems],
  };
}

/** Probes a database of its own. */
export async function proveProbes(): Promise<Outcome> {
  const blank = await openBlankDatabase();
  const connection = await blank.owner();
  try {
    const ground = await fillForProbes(connection);
    await connection.script('begin');
    return await probeAll(connection, ground);
  } finally {
    await connection.script('rollback');
    await connection.close();
    await blank.close();
  }
}
