import type { Operation, ParsedInput, ResultOf } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import type { Principal } from './identity/index.ts';

/** Stores the answer of a write with its Idempotency-Key, in the transaction of the effect, so that both commit or neither. */
type Remember<Result> = (tx: Tx, result: Result) => Promise<void>;

/** One authenticated, authorized and validated request to an operation. */
export type Call<Op extends Operation> = ParsedInput<Op> & {
  readonly request: Request;
  /** A header of the request, without making one where the call came from this process. */
  readonly header: (name: string) => string | null;
  readonly signal: AbortSignal;
  /** Headers of the answer, also where it is a problem. */
  readonly headers: Headers;
} & (Op['scope'] extends 'public' ? unknown : { readonly principal: Principal }) &
  (Op['idempotencyKey'] extends true ? { readonly remember: Remember<ResultOf<Op>> } : unknown) &
  (Op['raw'] extends true ? { readonly rawBody: ReadRaw } : unknown);

/** Reads the exact bytes of the body, once; throws `too_large` before it has read more than the limit. */
type ReadRaw = (maximumBytes: number) => Promise<Uint8Array>;

type Handled<Op extends Operation> = Op['stream'] extends true
  ? Response
  : Op['page'] extends true
    ? Response
    : Op['raw'] extends true
      ? ResultOf<Op> | Response
      : Op['mayStream'] extends true
        ? ResultOf<Op> | Response
        : ResultOf<Op>;

/** An operation with what carries it out; the REST API mounts it. */
export interface Route {
  readonly operation: Operation;
  readonly handle: (call: AnyCall) => Promise<unknown>;
}

/** What the REST API hands to any route; `route()` gives each handler its exact view of it. */
export interface AnyCall {
  readonly request: Request;
  readonly header: (name: string) => string | null;
  readonly signal: AbortSignal;
  readonly headers: Headers;
  readonly principal: Principal | undefined;
  readonly remember: Remember<unknown>;
  readonly rawBody: ReadRaw | undefined;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** Binds an implementation to its declaration; the declaration types what goes in and what comes out. */
export function route<const Op extends Operation>(
  operation: Op,
  handle: (call: Call<Op>) => Promise<Handled<Op>>,
): Route {
  // The REST API parses with the very schemas that type the call, so the two shapes agree.
  return { operation, handle: handle as unknown as Route['handle'] };
}
