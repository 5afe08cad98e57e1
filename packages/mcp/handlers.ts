import type { Ask } from './asked-requests.ts';
import type {
  LogLevel,
  Prompt,
  PromptResult,
  Resource,
  ResourceContents,
  ResourceTemplate,
  Tool,
  ToolResult,
} from './content.ts';
import type { Params, RequestId } from './message.ts';
import type { Session } from './session.ts';

/** What a handler may use while it works on one request. */
export interface RequestContext {
  readonly requestId: RequestId;
  /** Aborts when the client cancels the request or its session ends. */
  readonly signal: AbortSignal;
  /** The request's `_meta`. */
  readonly meta: Params;
  /** Reports progress if the client asked for it; values that do not increase are dropped, as the protocol demands. */
  readonly progress: (progress: Progress) => void;
  /** Sends a notification that belongs to this request. */
  readonly notify: (method: string, params?: Params) => void;
  /** Asks the client something that belongs to this request; ask only what it declared that it can be asked. */
  readonly ask: Ask;
  /** What the client answered to the `inputRequests` of an earlier try of this request; empty at the first. */
  readonly inputResponses: Readonly<Record<string, Params>>;
  /** The `requestState` that an earlier try gave to the client; as the client sent it, so not to be trusted. */
  readonly requestState: string | undefined;
  /**
   * What the client repeated of a tool's arguments in `Mcp-Param-…` headers, by what follows in lower case; null where it cannot be read.
   * Undefined where its transport or its revision repeats nothing.
   */
  readonly mirrored?: Readonly<Record<string, string | null>> | undefined;
}

/** A question to the client, as a method of MCP that servers may send. */
export interface InputRequest {
  readonly method: string;
  readonly params: Params;
}

/**
 * Says that the client has to answer something before a request can be done (MCP 2026-07-28, multi round-trip requests).
 * Clients of every revision are asked in their own way, and the handler is then called again.
 */
export interface InputRequired {
  readonly resultType: 'input_required';
  readonly inputRequests?: Readonly<Record<string, InputRequest>> | undefined;
  readonly requestState?: string | undefined;
}

export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** Which page of a list; without a cursor the first. */
export interface Page {
  readonly cursor?: string | undefined;
}

/** The page after this one, where there is one. */
interface PageResult {
  readonly nextCursor?: string | undefined;
}

/** Answers the tool methods. */
export interface ToolHandlers<Principal> {
  list(
    session: Session<Principal>,
    page: Page,
    context: RequestContext,
  ): Promise<PageResult & { readonly tools: readonly Tool[] }>;
  call(
    session: Session<Principal>,
    call: { readonly name: string; readonly arguments: Params },
    context: RequestContext,
  ): Promise<ToolResult | InputRequired>;
}

/** Answers the resource methods; `subscribe` and `unsubscribe` come together. */
export interface ResourceHandlers<Principal> {
  list(
    session: Session<Principal>,
    page: Page,
    context: RequestContext,
  ): Promise<PageResult & { readonly resources: readonly Resource[] }>;
  read(
    session: Session<Principal>,
    resource: { readonly uri: string },
    context: RequestContext,
  ): Promise<{ readonly contents: readonly ResourceContents[] } | InputRequired>;
  templates?(
    session: Session<Principal>,
    page: Page,
    context: RequestContext,
  ): Promise<PageResult & { readonly resourceTemplates: readonly ResourceTemplate[] }>;
  /** Throws when the client may not watch that resource; the session's `subscriptions` are kept for it. */
  subscribe?(session: Session<Principal>, resource: { readonly uri: string }, context: RequestContext): Promise<void>;
  unsubscribe?(session: Session<Principal>, resource: { readonly uri: string }, context: RequestContext): Promise<void>;
}

/** Answers the prompt methods. */
export interface PromptHandlers<Principal> {
  list(
    session: Session<Principal>,
    page: Page,
    context: RequestContext,
  ): Promise<PageResult & { readonly prompts: readonly Prompt[] }>;
  get(
    session: Session<Principal>,
    prompt: { readonly name: string; readonly arguments: Readonly<Record<string, string>> },
    context: RequestContext,
  ): Promise<PromptResult | InputRequired>;
}

/** What the value of an argument could go on with. */
interface Completion {
  readonly values: readonly string[];
  readonly total?: number | undefined;
  readonly hasMore?: boolean | undefined;
}

/** An argument that is being written, and what it belongs to. */
interface CompletionRequest {
  readonly ref:
    | { readonly type: 'ref/prompt'; readonly name: string }
    | { readonly type: 'ref/resource'; readonly uri: string };
  readonly argument: { readonly name: string; readonly value: string };
  readonly context?: { readonly arguments?: Readonly<Record<string, string>> | undefined } | undefined;
}

/** Answers `completion/complete`. */
export interface CompletionHandlers<Principal> {
  complete(
    session: Session<Principal>,
    request: CompletionRequest,
    context: RequestContext,
  ): Promise<{ readonly completion: Completion }>;
}

/** What an endpoint offers. A group that is absent is absent from the capabilities, and its methods do not exist. */
export interface McpHandlers<Principal> {
  readonly tools?: ToolHandlers<Principal> | undefined;
  readonly resources?: ResourceHandlers<Principal> | undefined;
  readonly prompts?: PromptHandlers<Principal> | undefined;
  readonly completions?: CompletionHandlers<Principal> | undefined;
  readonly logging?: { setLevel(session: Session<Principal>, level: LogLevel): Promise<void> } | undefined;
  /** Called once per session, when the client is ready for notifications; a failure closes the session. */
  opened?(session: Session<Principal>): Promise<void> | void;
  /** Called exactly once for each session that was opened, after `opened` has settled. */
  closed?(session: Session<Principal>): Promise<void> | void;
}
