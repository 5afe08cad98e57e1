import { platformTools, type PlatformTool } from '@devmesh/api';
import { byEitherName } from './names.ts';

const byName = byEitherName(platformTools);

/** The platform's own tools of which it allows the operation: it decides, the gateway only shows. */
export function toolsOf(allowed: ReadonlySet<string>): readonly PlatformTool[] {
  return platformTools.filter(({ operation }) => allowed.has(operation.id));
}

/** The platform's tool of that name, in either spelling. */
export function findPlatformTool(name: string): PlatformTool | undefined {
  return byName.get(name);
}
