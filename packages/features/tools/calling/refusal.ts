import { MeshError } from '@devmesh/foundation';
import { Inexpressible } from './serialize-parameter.ts';

/** The refusal of an argument that fits the schema and can still not be sent. */
export function refusal(argument: string, message: string): MeshError {
  return new MeshError('invalid_request', `The argument ${argument} ${message}.`, {
    issues: [{ path: `body.arguments.${argument}`, message }],
  });
}

/** Does the work on one argument; what cannot be written becomes a refusal that names it. */
export function forArgument<Result>(argument: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Inexpressible) throw refusal(argument, error.message);
    if (error instanceof URIError) throw refusal(argument, 'must not contain half a character (a lone surrogate)');
    throw error;
  }
}
