import type { Tx } from '@devmesh/infrastructure';
import { replaceDefinitions } from '../definitions/replace-definitions.ts';
import { selectBase, selectKnown } from '../definitions/store-definitions.ts';
import { deleteDrift, selectDrift, selectOffered } from './store-drift.ts';

interface Accepting {
  readonly tool: { readonly id: string; readonly name: string };
  /** Only these, also where they were rejected; absent: all that wait. */
  readonly keys?: readonly string[] | undefined;
  /** Only those whose time has come. */
  readonly onlyDue?: boolean;
}

/** Makes definitions that wait the ones that calls use; their keys. Within `catalogue.change`. */
export async function acceptDrift(tx: Tx, { tool, keys, onlyDue = false }: Accepting): Promise<readonly string[]> {
  const drift = await selectDrift(tx, tool.id);
  const wanted = drift.filter(
    ({ key, due, status }) => (keys === undefined ? status === 'waiting' : keys.includes(key)) && (!onlyDue || due),
  );
  if (wanted.length === 0) return [];
  const accepted = wanted.map(({ key }) => key);
  const taken = new Set(accepted);
  const others = (await selectKnown(tx, tool.id)).map(({ key }) => key).filter((key) => !taken.has(key));
  const kept = (await selectBase(tx, tool.id, others)).map((row) => row.tool);
  await replaceDefinitions(tx, { tool, base: [...kept, ...(await selectOffered(tx, tool.id, accepted))] });
  await deleteDrift(tx, tool.id, accepted);
  return accepted;
}
