import { MeshError } from '@devmesh/foundation';

/** Arguments that a policy does not describe; the sentence says what is allowed. */
export function refusal(path: string, message: string): MeshError {
  return new MeshError('invalid_request', `Nothing was run: ${path} ${message}.`, { issues: [{ path, message }] });
}
