import type { RoundInput, UpstreamAuthorization } from '@devmesh/api';
import type { Principal } from '../../identity/index.ts';
import type { AnswerOptions } from '../results/call-options.ts';
import type { CallableRow } from '../store.ts';
import type { CallExchange } from '../upstream-mcp/exchange.ts';
import type { CallResult } from './present-answer.ts';

/** One call that was allowed and whose arguments fit. */
export interface SourceCall {
  readonly principal: Principal;
  readonly row: CallableRow;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The person's own credentials for services, for this call alone. */
  readonly handedOver: readonly UpstreamAuthorization[];
  /** The tool set under which it was called. */
  readonly set?: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** How the caller wants the answer; default: one page, all of it. */
  readonly answer?: AnswerOptions | undefined;
  /** What goes on with the client while the call runs; absent where it only waits for the answer. */
  readonly exchange?: CallExchange | undefined;
  /** What the caller answers to questions that came as a result; absent where it takes none so. */
  readonly input?: RoundInput | undefined;
}

/** Where the calls of services of one kind go. */
export interface ToolSource {
  /**
   * What sends a call. Throws `invalid_request` for arguments that fit the schema and could still not be sent, before anything
   * is asked of anybody. An error that the service answers with is a result, not an exception.
   */
  prepare(call: SourceCall): () => Promise<CallResult>;
}
