import { isErrorCode, MeshError, type Problem } from '@devmesh/foundation/errors';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { CallExchangeRequest } from './call-exchange.ts';
import type { RoundInput } from './round-input.ts';
import type { Client } from './client.ts';
import type { ResponseOf } from './operation.ts';
import { operations } from './operations.ts';

type CallResult = ResponseOf<typeof operations.tools.callTool>;

/** What a service asks the client that a call comes from. */
interface CallQuestion {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface FollowCallOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onProgress: (progress: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  }) => void;
  readonly onLog: (message: Readonly<Record<string, unknown>>) => void;
  /** A person has done what an address asked for that an earlier question named. */
  readonly onElicited: (notice: Readonly<Record<string, unknown>>) => void;
  /** Answers a question, or throws why not. */
  readonly onQuestion: (question: CallQuestion) => Promise<Readonly<Record<string, unknown>>>;
}

interface FollowedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly set?: string | undefined;
  readonly exchange: CallExchangeRequest;
  readonly input?: RoundInput | undefined;
  readonly mirrored?: Readonly<Record<string, string | null>> | undefined;
  readonly textBytes?: number | undefined;
}

/** As events where something goes on before the result, else as the result alone. */
const streamed = {
  ...operations.tools.callTool,
  stream: true,
  mediaType: 'text/event-stream, application/json',
} as const;

/** Calls a tool and hears what goes on meanwhile; throws what the platform refuses with. Ends the call where the signal aborts. */
export async function followCall(client: Client, call: FollowedCall, options: FollowCallOptions): Promise<CallResult> {
  const { name, ...body } = call;
  const { signal, headers = {} } = options;
  const response = (await client.call(streamed, { params: { name }, body }, { signal, headers })) as Response;
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    return (await response.json()) as CallResult;
  }
  if (response.body === null) throw broken();
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  // Within one process there is no socket to cut.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) throw broken();
      const result = take(client, options, { name: value.event ?? '', data: JSON.parse(value.data) as unknown });
      if (result !== undefined) return result;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

interface CallEvent {
  readonly name: string;
  readonly data: unknown;
}

/** The result, where this event is it. */
function take(client: Client, options: FollowCallOptions, { name, data }: CallEvent): CallResult | undefined {
  switch (name) {
    case 'progress':
      options.onProgress(data as Parameters<FollowCallOptions['onProgress']>[0]);
      return undefined;
    case 'log':
      options.onLog(data as Readonly<Record<string, unknown>>);
      return undefined;
    case 'elicited':
      options.onElicited(data as Readonly<Record<string, unknown>>);
      return undefined;
    case 'request':
      void answer(client, options, data as CallQuestion & { readonly callId: string; readonly id: string });
      return undefined;
    case 'result':
      return data as CallResult;
    case 'error':
      throw toError(data as Partial<Problem>);
    default:
      return undefined;
  }
}

/** Questions are answered side by side; where the platform does not take an answer, the call has ended and says why. */
async function answer(
  client: Client,
  { onQuestion, signal }: FollowCallOptions,
  { callId, id: requestId, method, params }: CallQuestion & { readonly callId: string; readonly id: string },
): Promise<void> {
  const body = await onQuestion({ method, params }).then(
    (result) => ({ requestId, result: { ...result } }),
    (error: unknown) => ({ requestId, error: { code: -32_603, message: reasonOf(error) } }),
  );
  if (!signal.aborted) await client.upstreams.answer({ params: { callId }, body }).catch(() => undefined);
}

const longestReason = 2_000;

function reasonOf(error: unknown): string {
  return error instanceof MeshError ? error.message.slice(0, longestReason) : 'The client could not answer.';
}

function toError({ code, detail = '', issues, data }: Partial<Problem>): MeshError {
  if (!isErrorCode(code)) return broken();
  return new MeshError(code, detail, {
    ...(issues === undefined ? {} : { issues }),
    ...(data === undefined ? {} : { data }),
  });
}

function broken(): MeshError {
  return new MeshError('unavailable', 'The platform broke off a call before its result.');
}
