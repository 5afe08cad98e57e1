import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { problemOf } from '../definitions/effective.ts';
import { reshapeDefinitions } from '../definitions/replace-definitions.ts';
import type { Override } from '../definitions/shape.ts';
import { selectBase, selectKnown } from '../definitions/store-definitions.ts';
import { upsertOverride } from '../definitions/store-shaping.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { matchOperations } from './match-operations.ts';
import type { CuratedOperation, Pack } from './pack.ts';
import { replaceListing } from './store-packs.ts';

interface Applying {
  readonly tool: { readonly id: string; readonly name: string };
  readonly pack: Pack;
  readonly set: 'default' | 'all';
}

/** Gives the operations of a service the names and descriptions of a pack and lists its default set; calls that the document lacks. */
export async function applyPack(tx: Tx, { tool, pack, set }: Applying): Promise<readonly string[]> {
  const matches = matchOperations(pack, await selectKnown(tx, tool.id));
  const found = matches.flatMap(({ operation, key }) => (key === undefined ? [] : [{ operation, key }]));
  if (found.length === 0) {
    throw new MeshError('broken_document', `The document has none of the operations of ${pack.title}.`);
  }
  const keys = found.map(({ key }) => key);
  const base = new Map((await selectBase(tx, tool.id, keys)).map((stored) => [stored.tool.key, stored.tool]));
  for (const { operation, key } of found) {
    const definition = base.get(key);
    if (definition === undefined) throw new MeshError('internal', 'A definition is not where it was.');
    await upsertOverride(tx, { toolId: tool.id, key, override: overrideOf(tool.name, operation, definition) });
  }
  await reshapeDefinitions(tx, tool.id);
  await replaceListing(tx, { toolId: tool.id, listing: set === 'all' ? 'all' : 'chosen', keys });
  return matches.filter(({ key }) => key === undefined).map(({ operation }) => operation.call);
}

/** What the pack says of an operation, without arguments that this document does not have. */
function overrideOf(service: string, operation: CuratedOperation, definition: ReadTool): Override {
  const { name, description, fixed, defaults } = operation;
  const told = { name: `${service}_${name}`, title: titleOf(name), description };
  const withFixed = fixed === undefined ? told : { ...told, fixed };
  const whole = defaults === undefined ? withFixed : { ...withFixed, defaults };
  return [whole, withFixed].find((override) => problemOf(definition, override) === undefined) ?? told;
}

/** `list_pull_requests` as people write it. */
function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
