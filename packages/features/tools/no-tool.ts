import { MeshError } from '@devmesh/foundation';

/** The answer for the id of a service that the organization does not have. */
export function noTool(toolId: string): MeshError {
  return new MeshError('not_found', `There is no service ${toolId}.`);
}
