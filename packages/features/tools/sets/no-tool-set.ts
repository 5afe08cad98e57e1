import { MeshError } from '@devmesh/foundation';

/** The answer for a tool set that the organization does not have. */
export function noToolSet(name: string): MeshError {
  return new MeshError('not_found', `There is no tool set ${name}.`);
}
