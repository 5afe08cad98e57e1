import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '@devmesh/foundation';
import type { Ground, Instance, Party } from '../instance/instance.ts';
import { putToRest } from '../instance/put-to-rest.ts';
import { furnish, type Furnished } from '../instance/furnish.ts';
import { fillEmpty } from '../probes/fill.ts';
import { changedTables, lookAt, type Belongings } from './belongings.ts';
import { listAll } from './belongings-listed.ts';
import { readDocument, type Described } from './document.ts';
import { controlAsA } from './control.ts';
import { sweepCursors } from './cursors.ts';
import { sweepFeeds } from './feeds.ts';
import { sweepMcp } from './mcp.ts';
import { askWithoutIds, sweepOperations, type Sweeping } from './operations.ts';
import { sweepRepeatedKeys } from './repeated-keys.ts';
import { emptyFindings, type Findings } from './report.ts';
import { spellings, type Spelling } from './spellings.ts';
import { checkTrail } from './trail.ts';

/** What a sweep found, with its figures. */
export interface Swept extends Findings {
  readonly operations: number;
  readonly operationIds: readonly string[];
  readonly tools: number;
  readonly resources: number;
  readonly cursors: number;
  readonly repeatedKeys: number;
  /** Places of which A itself could reach the thing, so that B's asking for it meant something. */
  readonly reached: number;
}

/** Furnishes both organizations, asks everything as B for what A has, and looks what came of it. */
export async function sweep(instance: Instance, using: readonly Spelling[] = spellings): Promise<Swept> {
  const operations = await readDocument(instance.apiUrl);
  const { sweeping, look } = await prepare(instance, using, operations);
  const { findings, a } = sweeping;
  await askWithoutIds(sweeping, operations);
  const cursors = await sweepCursors(sweeping, operations);
  const mcp = await sweepMcp(sweeping);
  await sweepOperations(sweeping, operations);
  await checkTrail(instance, findings);
  for (const table of changedTables(a, await look()))
    findings.problems.push(`rows of A in ${table} are not as they were`);
  // From here on A acts as well.
  await sweepFeeds(instance, findings, operations);
  const repeatedKeys = await sweepRepeatedKeys(sweeping, operations);
  const reached = await controlAsA(sweeping, operations);
  return {
    ...findings,
    ...mcp,
    operations: operations.length,
    operationIds: operations.map(({ id }) => id),
    cursors,
    repeatedKeys,
    reached,
  };
}

async function prepare(instance: Instance, using: readonly Spelling[], operations: readonly Described[]) {
  const { ground } = instance;
  const furnished = ground === undefined ? undefined : await furnishBoth(instance);
  const look = async (whose: 'a' | 'b'): Promise<Belongings> =>
    ground === undefined || furnished === undefined
      ? listAll(instance.apiUrl, instance[whose], operations)
      : lookInto(ground, instance[whose], furnished[whose]);
  const a = await settle(() => look('a'));
  const b = await look('b');
  const marks = new Set([...a.marks].filter((mark) => !b.marks.has(mark)));
  const sweeping: Sweeping = { instance, a, b, marks, spellings: using, findings: emptyFindings() };
  return { sweeping, look: () => look('a') };
}

/** One of everything for both, over the API and, where that leaves a table empty, in the database. */
async function furnishBoth(instance: Instance): Promise<Readonly<Record<'a' | 'b', Furnished>>> {
  const furnished = { a: await furnish(instance, 'a'), b: await furnish(instance, 'b') };
  await instance.ground?.inspect(async (connection) => {
    await fillEmpty(connection, { id: instance.a.organizationId, place: 0 }, newId);
    await fillEmpty(connection, { id: instance.b.organizationId, place: 1 }, newId);
    await putToRest(connection, instance.a.organizationId);
  });
  return furnished;
}

async function lookInto(ground: Ground, party: Party, { canary, sessionIds, runIds }: Furnished): Promise<Belongings> {
  const found = await ground.inspect((connection) => lookAt(connection, party.organizationId, [canary]));
  return { ...found, ids: new Map([...found.ids, ['sessions', sessionIds], ['command_runs', runIds]]) };
}

const restMilliseconds = 8_000;
const lookEveryMilliseconds = 500;
const patienceMilliseconds = 90_000;

/** Waits until the platform has done with A's things what it does by itself: they stay the same for longer than its sweepers pause. */
async function settle(look: () => Promise<Belongings>): Promise<Belongings> {
  const startedAt = performance.now();
  let one = await look();
  let sameSince = performance.now();
  while (performance.now() - startedAt < patienceMilliseconds) {
    await pause(lookEveryMilliseconds);
    const other = await look();
    if (changedTables(one, other).length > 0) sameSince = performance.now();
    else if (performance.now() - sameSince >= restMilliseconds) return other;
    one = other;
  }
  throw new Error('what A has never came to rest');
}
