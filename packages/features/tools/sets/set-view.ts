import type { Database, Tx } from '@devmesh/infrastructure';
import type { SetCandidate, ToolSetDefinition } from './tool-set.ts';
import { isInSet } from './tool-set.ts';
import { noToolSet } from './no-tool-set.ts';
import { bareNameOf, shownName } from './shown-name.ts';
import { selectCandidates, selectToolSet } from './store.ts';

/** A set as somebody sees it who is confined to it. */
export interface SetView {
  has(tool: SetCandidate): boolean;
  /** The tools under the names that the set shows. */
  shown<Tool extends SetCandidate>(tools: readonly Tool[]): Promise<readonly Tool[]>;
}

/** The view of a set; throws `not_found` where there is none. */
export async function openSetView(database: Database, tenantId: string, name: string): Promise<SetView> {
  const definition = await database.tenant(tenantId, (tx) => theSet(tx, name));
  return {
    has: (tool) => isInSet(definition, tool),
    shown: async (tools) => {
      if (!definition.unprefixed) return tools;
      const bare = tools.flatMap((tool) => bareNameOf(tool) ?? []);
      const candidates = await database.tenant(tenantId, (tx) => selectCandidates(tx, bare));
      return tools.map((tool) => ({ ...tool, name: shownName(definition, tool, candidates) }));
    },
  };
}

/** The tool that a set shows under a name; undefined where it shows none. Throws `not_found` where there is no such set. */
export async function nameInSet(tx: Tx, set: string, name: string): Promise<string | undefined> {
  const definition = await theSet(tx, set);
  const first = await selectCandidates(tx, [name]);
  // Whether a tool keeps its whole name depends on those that share the rest of it.
  const bare = definition.unprefixed ? first.flatMap((tool) => bareNameOf(tool) ?? []) : [];
  const candidates = bare.length === 0 ? first : await selectCandidates(tx, [name, ...bare]);
  return candidates.find((tool) => isInSet(definition, tool) && shownName(definition, tool, candidates) === name)?.name;
}

async function theSet(tx: Tx, name: string): Promise<ToolSetDefinition> {
  const row = await selectToolSet(tx, name);
  if (row === undefined) throw noToolSet(name);
  return row.definition;
}
