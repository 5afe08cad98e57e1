import type { ParameterPlace } from '../reading/operations.ts';

/** Where the value of one argument goes. */
export interface ParameterBinding {
  readonly argument: string;
  /** The name at the service. */
  readonly name: string;
  readonly in: ParameterPlace;
  readonly style: string;
  readonly explode: boolean;
  /** The value travels as JSON text. */
  readonly json?: true;
}

/** How the body is made: from arguments of its own, each a property of it, or from one argument as it is. */
export type BodyBinding =
  | { readonly mediaType: string; readonly argument: string }
  | { readonly mediaType: string; readonly properties: Readonly<Record<string, string>> };

/** How the arguments of a tool become a request. Stored with the tool. */
export interface Binding {
  readonly parameters: readonly ParameterBinding[];
  readonly body?: BodyBinding;
}
