import type { ErrorCode } from '@devmesh/foundation/errors';
import type { z } from 'zod';
import type { Scope } from './scopes.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The parts of a request that an operation takes; an absent part takes nothing. */
interface OperationInput {
  /** Fields of the path template, as strings. */
  readonly params?: z.ZodObject;
  /** Query parameters; values arrive as strings, so numbers are coerced. */
  readonly query?: z.ZodObject;
  /** The JSON body. */
  readonly body?: z.ZodType;
  /** Bytes that the JSON body may have. Default 1 MiB. */
  readonly maximumBodyBytes?: number;
}

/** What an MCP client sees of an operation. Arguments are params, query and body fields side by side. */
interface McpFace {
  /** Dotted name, `devmesh.<noun>.<verb>`. */
  readonly tool: string;
  /** MCP tool annotations: hints about the effect. */
  readonly readOnly: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  /** The only arguments that an MCP client may give; absent: all. */
  readonly takes?: readonly string[];
  /** It stands for another tool, whose answer is its own: it has no output schema. */
  readonly relays?: true;
}

/** Where the request names what an operation is limited by, beside the key, the organization and the agent. */
interface OperationLimit {
  readonly scope: 'tool' | 'capability';
  readonly part: 'params' | 'body';
  readonly field: string;
}

/** One thing the platform does, declared once: route, validation, client, OpenAPI, MCP tool and CLI verb follow from it. */
export interface Operation extends OperationInput {
  /** `<feature>.<verb>`; also the OpenAPI operationId and the client's method path. */
  readonly id: string;
  readonly method: Method;
  /** Under /api/v1, with `{name}` for path parameters. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** What the caller must be allowed to do; `public` needs no key, `self` any that is valid: it is about the caller alone. */
  readonly scope: Scope | 'public' | 'self';
  /** Status of success. */
  readonly status: 200 | 201 | 202 | 204;
  /** The success body; absent with 204 and for streams. */
  readonly response?: z.ZodType;
  /** The success body is a stream of server-sent events. */
  readonly stream?: true;
  /** The success body may come as server-sent events, where the client accepts them. */
  readonly mayStream?: true;
  /** Of a stream that is not one of server-sent events. */
  readonly mediaType?: string;
  /** The success body is a page for a person's browser, which nothing else asks for. */
  readonly page?: true;
  /** The body is handed over raw and unparsed (signed webhooks). */
  readonly raw?: true;
  /** Failures particular to this operation, beyond authentication and validation. */
  readonly errors: readonly ErrorCode[];
  /** Whether sending it twice with one Idempotency-Key has one effect. */
  readonly idempotencyKey?: true;
  readonly limit?: OperationLimit;
  readonly mcp?: McpFace;
  /** The words after `devmesh`, e.g. `tasks create`. */
  readonly cli?: string;
}

/** Declares an operation, keeping its exact types. */
export function defineOperation<const Declared extends Operation>(operation: Declared): Declared {
  return operation;
}

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Part<Key extends string, Value> = [Value] extends [undefined] ? unknown : { readonly [K in Key]: Value };

/** What an implementation receives: every part parsed. */
export type ParsedInput<Op extends Operation> = Part<'params', OutputOf<Op['params']>> &
  Part<'query', OutputOf<Op['query']>> &
  Part<'body', OutputOf<Op['body']>>;

/** What a caller hands in: every part before parsing, so defaults may be left out. */
export type CallInput<Op extends Operation> = Part<'params', InputOf<Op['params']>> &
  Part<'query', InputOf<Op['query']>> &
  Part<'body', InputOf<Op['body']>>;

/** What a caller gets back. */
export type ResponseOf<Op extends Operation> = Op['response'] extends z.ZodType ? z.output<Op['response']> : undefined;

/** What an implementation returns. */
export type ResultOf<Op extends Operation> = Op['response'] extends z.ZodType ? z.input<Op['response']> : undefined;
