import { followCall, type CallExchangeRequest } from '@devmesh/api';
import type { RequestContext, Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';

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
export function relayCall(session: EdgeSession, { name, args, context }: RelayedCall): Promise<CallResult> {
  const { client, upstream, set } = session.principal;
  const headers = upstream.headersFor(name, set !== undefined);
  const { signal } = context;
  const exchange = exchangeOf(session, context);
  if (exchange === undefined) {
    return client.tools.callTool({ params: { name }, body: { arguments: args, set } }, { signal, headers });
  }
  return followCall(
    client,
    { name, arguments: args, set, exchange },
    {
      signal,
      headers,
      onProgress: context.progress,
      onLog: (message) => context.notify('notifications/message', message),
      onQuestion: ({ method, params }) => context.ask(method, params),
    },
  );
}

/** What the client wants to hear and can be asked; undefined where it only waits for the answer. */
function exchangeOf(session: EdgeSession, { meta }: RequestContext): CallExchangeRequest | undefined {
  const { elicitation, sampling, roots } = session.clientCapabilities;
  const capabilities = {
    ...(elicitation === undefined ? {} : { elicitation: elicitation as object }),
    ...(sampling === undefined ? {} : { sampling: sampling as object }),
    ...(roots === undefined ? {} : { roots: {} }),
  };
  const { logLevel } = session;
  const hears = meta['progressToken'] !== undefined || logLevel !== undefined;
  if (!hears && Object.keys(capabilities).length === 0) return undefined;
  return { capabilities, ...(logLevel === undefined ? {} : { logLevel }) };
}
