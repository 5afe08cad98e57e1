import { newId } from '@devmesh/foundation';
import type { Instance } from '../instance/instance.ts';
import { furnish, type Furnished } from '../instance/furnish.ts';
import { fillEmpty } from '../probes/fill.ts';
import { changedTables, lookAt, type Belongings } from './belongings.ts';
import { readDocument } from './document.ts';
import { sweepOperations, type Sweeping } from './operations.ts';
import { emptyFindings, type Findings } from './report.ts';
import { spellings, type Spelling } from './spellings.ts';
import { checkTrail } from './trail.ts';

/** Furnishes both organizations, asks everything as B for what A has, and looks what came of it. */
export async function sweep(instance: Instance, using: readonly Spelling[] = spellings): Promise<Findings> {
  const { ground } = instance;
  if (ground === undefined) throw new Error('the sweep needs the database of the instance to know what A has');
  const ofA = await furnish(instance, 'a');
  const ofB = await furnish(instance, 'b');
  await ground.inspect(async (connection) => {
    await fillEmpty(connection, { id: instance.a.organizationId, place: 0 }, newId);
    await fillEmpty(connection, { id: instance.b.organizationId, place: 1 }, newId);
  });
  const a = await settle(() => belongingsOf(instance, 'a', ofA));
  const b = await belongingsOf(instance, 'b', ofB);
  const marks = new Set([...a.marks].filter((mark) => !b.marks.has(mark)));
  const sweeping: Sweeping = { instance, a, b, marks, spellings: using, findings: emptyFindings() };
  await sweepOperations(sweeping, await readDocument(instance.apiUrl));
  await checkTrail(instance, sweeping.findings);
  const after = await belongingsOf(instance, 'a', ofA);
  for (const table of changedTables(a, after))
    sweeping.findings.problems.push(`rows of A in ${table} are not as they were`);
  return sweeping.findings;
}

async function belongingsOf(
  { ground, a, b }: Instance,
  whose: 'a' | 'b',
  { canary, sessionIds }: Furnished,
): Promise<Belongings> {
  const tenant = whose === 'a' ? a.organizationId : b.organizationId;
  if (ground === undefined) throw new Error('there is no database to look into');
  const found = await ground.inspect((connection) => lookAt(connection, tenant, [canary]));
  return { ...found, ids: new Map([...found.ids, ['sessions', sessionIds]]) };
}

/** Waits until what was begun on A's things has ended: they are the same twice. */
async function settle(look: () => Promise<Belongings>): Promise<Belongings> {
  for (let left = 60; left > 0; left -= 1) {
    const one = await look();
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    const other = await look();
    if (changedTables(one, other).length === 0) return other;
  }
  throw new Error('what A has never came to rest');
}
