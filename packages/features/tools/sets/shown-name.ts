import { isInSet, type SetCandidate, type ToolSetDefinition } from './tool-set.ts';

/** A tool's name without that of its service; undefined where that leaves nothing, or a name of the platform. */
export function bareNameOf({ name, service }: Pick<SetCandidate, 'name' | 'service'>): string | undefined {
  const prefix = `${service}_`;
  if (!name.startsWith(prefix) || name.length === prefix.length) return undefined;
  const bare = name.slice(prefix.length);
  return bare.startsWith('devmesh') ? undefined : bare;
}

/**
 * The name under which a set shows one of its tools. `candidates` are all tools whose name, or name without that of their
 * service, is this one's: only where the set has no other of them is the tool shown without the name of its service.
 */
export function shownName(set: ToolSetDefinition, tool: SetCandidate, candidates: readonly SetCandidate[]): string {
  const bare = set.unprefixed ? bareNameOf(tool) : undefined;
  if (bare === undefined) return tool.name;
  const others = candidates.filter(
    (other) => other.name !== tool.name && (other.name === bare || bareNameOf(other) === bare) && isInSet(set, other),
  );
  return others.length === 0 ? bare : tool.name;
}
