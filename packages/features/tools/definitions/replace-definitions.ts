import { setImmediate as pause } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { nameTools } from '../naming/tool-names.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { pinOf } from './definition.ts';
import { effectiveOf } from './effective.ts';
import { digestOfShape, shapeOf, type Shaping } from './shape.ts';
import {
  deleteDefinitions,
  parkNames,
  selectBase,
  selectKnown,
  selectOwners,
  updateCount,
  upsertDefinitions,
  type DefinitionRow,
  type KnownDefinition,
} from './store-definitions.ts';
import { selectShaping } from './store-shaping.ts';

interface Replacing {
  readonly tool: { readonly id: string; readonly name: string };
  /** All of them, as the source gives them. */
  readonly base: readonly ReadTool[];
}

/** What a replacement changed. */
export interface Replaced {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/**
 * Makes these the definitions of a service, as its source gives them; what everything else reads follows from them, the
 * route rules and the overrides. A key that is known keeps its name, a new one avoids the names of other services. Rows
 * that would stay the same are not written. Within `catalogue.change`.
 */
export async function replaceDefinitions(tx: Tx, { tool, base }: Replacing): Promise<Replaced> {
  const known = await selectKnown(tx, tool.id);
  const shaping = await selectShaping(tx, tool.id);
  const keys = new Set(base.map(({ key }) => key));
  if (keys.size < base.length) throw new MeshError('internal', 'Two definitions of a service have the same key.');
  const named = await withNames(tx, tool, { base, known });
  const rows = await rowsOf(named, { known, shaping });
  const gone = known.filter(({ key }) => !keys.has(key)).map(({ key }) => key);
  await deleteDefinitions(tx, tool.id, gone);
  await write(tx, tool.id, { rows, known });
  await updateCount(tx, tool.id);
  const before = new Set(known.map(({ key }) => key));
  const added = rows.filter(({ base: { key } }) => !before.has(key)).length;
  return { added, changed: rows.length - added, removed: gone.length };
}

/** Computes anew what everything reads, after route rules or overrides changed; how many rows that changed. */
export async function reshapeDefinitions(tx: Tx, toolId: string): Promise<number> {
  const known = await selectKnown(tx, toolId);
  const shaping = await selectShaping(tx, toolId);
  const stale = known.filter((definition) => digestOfShape(shapeOf(shaping, definition)) !== definition.shaping);
  const rows: DefinitionRow[] = [];
  for (let start = 0; start < stale.length; start += batch) {
    const keys = stale.slice(start, start + batch).map(({ key }) => key);
    for (const { tool, pin } of await selectBase(tx, toolId, keys)) rows.push(rowOf(tool, pin, shaping));
    await pause();
  }
  await write(tx, toolId, { rows, known });
  return rows.length;
}

const batch = 20;

function rowOf(base: ReadTool, pin: string | null, shaping: Shaping): DefinitionRow {
  const shape = shapeOf(shaping, base);
  return { base, pin, shaping: digestOfShape(shape), effective: effectiveOf(base, shape) };
}

interface Kept {
  readonly known: readonly KnownDefinition[];
  readonly shaping: Shaping;
}

/** Those that differ from what is stored. Pauses between batches: hashing a large document must not hold up the process. */
async function rowsOf(named: readonly ReadTool[], { known, shaping }: Kept): Promise<readonly DefinitionRow[]> {
  const before = new Map(known.map((definition) => [definition.key, definition]));
  const rows: DefinitionRow[] = [];
  for (const [index, tool] of named.entries()) {
    if (index % batch === batch - 1) await pause();
    const row = rowOf(tool, pinOf(tool), shaping);
    const stored = before.get(tool.key);
    if (stored?.pin !== row.pin || stored.shaping !== row.shaping) rows.push(row);
  }
  return rows;
}

interface Named {
  readonly base: readonly ReadTool[];
  readonly known: readonly KnownDefinition[];
}

/** A key that is known keeps its name; a new one gets one that nothing has: `a_b_c` may belong to the service `a` or `a_b`. */
async function withNames(tx: Tx, tool: Replacing['tool'], { base, known }: Named): Promise<readonly ReadTool[]> {
  const chosen = new Map(known.map(({ key, baseName }) => [key, baseName]));
  const fresh = base.filter(({ key }) => !chosen.has(key));
  const owners = await selectOwners(
    tx,
    fresh.map(({ name }) => name),
  );
  const used = new Set([...owners, ...known].map(({ name }) => name));
  for (const { baseName } of known) used.add(baseName);
  const wanted = new Set(fresh.map(({ name }) => name));
  for (const { key, name, method, path } of fresh) {
    const operationId = name.slice(tool.name.length + 1);
    const other = used.has(name) ? otherName(tool.name, { operationId, method, path }, [...used, ...wanted]) : name;
    used.add(other);
    chosen.set(key, other);
  }
  return base.map((definition) => ({ ...definition, name: chosen.get(definition.key) ?? definition.name }));
}

function otherName(
  service: string,
  operation: Parameters<typeof nameTools>[1][number],
  used: readonly string[],
): string {
  const [name] = nameTools(service, [operation], new Set(used));
  if (name === undefined) throw new MeshError('internal', 'An operation got no name.');
  return name;
}

interface Writing {
  readonly rows: readonly DefinitionRow[];
  readonly known: readonly KnownDefinition[];
}

async function write(tx: Tx, toolId: string, { rows: wanted, known }: Writing): Promise<void> {
  const rows = await withoutTaken(tx, toolId, wanted);
  const names = new Map(known.map(({ key, name }) => [key, name]));
  const renamed = rows.filter(({ effective: { key, name } }) => names.has(key) && names.get(key) !== name);
  await parkNames(
    tx,
    toolId,
    renamed.map(({ effective }) => effective.key),
  );
  await upsertDefinitions(tx, toolId, rows);
}

/** An override may give a name that another tool has by now: then the tool keeps its own. */
async function withoutTaken(tx: Tx, toolId: string, rows: readonly DefinitionRow[]): Promise<readonly DefinitionRow[]> {
  const overridden = rows.filter(({ base, effective }) => base.name !== effective.name);
  if (overridden.length === 0) return rows;
  const owners = await selectOwners(
    tx,
    overridden.map(({ effective }) => effective.name),
  );
  const isTaken = ({ base, effective }: DefinitionRow): boolean =>
    owners.some((owner) => owner.name === effective.name && !(owner.toolId === toolId && owner.key === base.key)) ||
    rows.some((row) => row.base.key !== base.key && row.base.name === effective.name);
  const taken = new Set(overridden.filter(isTaken));
  return rows.map((row) => (taken.has(row) ? { ...row, effective: { ...row.effective, name: row.base.name } } : row));
}
