import { followCall, type CallExchangeRequest } from '@devmesh/api';
import type { InputRequired, RequestContext, Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { textBytesOf } from '../sessions/mode.ts';
import { askableOf, inputOf, requiredBy } from './input.ts';

type EdgeSession = Session<EdgePrincipal>;
type CallResult = Awaited<ReturnType<typeof followCall>>;

interface RelayedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

/**
 * Calls a tool of a service. A client that wants to hear how far it is, or can be asked something, hears and is asked what goes on
 * at the service; when it cancels or goes away, the call ends there too.
 */
export async function relayCall(
  session: EdgeSession,
  { name, args, context }: RelayedCall,
): Promise<CallResult | InputRequired> {
  const { client, upstream, set } = session.principal;
  const headers = upstream.headersFor(name, set !== undefined);
  const { signal, mirrored } = context;
  const exchange = exchangeOf(session, context);
  const input = inputOf(session, context);
  const textBytes = textBytesOf(session);
  if (exchange === undefined) {
    const body = { arguments: args, set, input, mirrored, textBytes };
    const answer = await client.tools.callTool({ params: { name }, body }, { signal, headers });
    return requiredBy(answer) ?? answer;
  }
  const answer = await followCall(
    client,
    { name, arguments: args, set, exchange, input, mirrored, textBytes },
    {
      signal,
      headers,
      onProgress: context.progress,
      onLog: (message) => context.notify('notifications/message', message),
      onElicited: (notice) => context.notify('notifications/elicitation/complete', notice),
      onQuestion: ({ method, params }) => context.ask(method, params),
    },
  );
  return requiredBy(answer) ?? answer;
}

/** What the client wants to hear and can be asked; undefined where it only waits for the answer. */
function exchangeOf(session: EdgeSession, { meta }: RequestContext): CallExchangeRequest | undefined {
  const capabilities = askableOf(session);
  const { logLevel } = session;
  const hears = meta['progressToken'] !== undefined || logLevel !== undefined;
  if (!hears && Object.keys(capabilities).length === 0) return undefined;
  return { capabilities, ...(logLevel === undefined ? {} : { logLevel }) };
}
