import { allows, platformTools, type PlatformTool } from '@devmesh/api';
import type { EdgePrincipal } from '../principal.ts';
import { spell } from './names.ts';

const byName: ReadonlyMap<string, PlatformTool> = new Map(
  platformTools.flatMap((tool) => [
    [tool.name, tool],
    [spell(tool.name, 'underscored'), tool],
  ]),
);

/** The platform's own tools that a principal may call: the list and the call are decided by the same function. */
export function visibleTools(principal: EdgePrincipal): readonly PlatformTool[] {
  return platformTools.filter((tool) => mayCall(principal, tool));
}

/** The platform's tool of that name, in either spelling. */
export function findPlatformTool(name: string): PlatformTool | undefined {
  return byName.get(name);
}

/** Whether a principal may call a tool. */
export function mayCall(principal: EdgePrincipal, tool: PlatformTool): boolean {
  return allows(principal.identity.scopes, tool.operation.scope);
}
