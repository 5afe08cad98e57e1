import { MeshError } from '@devmesh/foundation';
import { LOG_LEVEL_META_KEY, ProtocolError, type ClientCapabilities } from '@modelcontextprotocol/client';
import type { CallResult } from '../calling/present-answer.ts';
import type { SourceCall, ToolSource } from '../calling/source.ts';
import { scrub } from '../credentials/credential.ts';
import { cleanText } from './clean-text.ts';
import type { UpstreamConnection } from './connection.ts';
import type { UpstreamBinding } from './definition.ts';
import type { CallExchange } from './exchange.ts';
import { brokeConnection, upstreamFailure } from './failure.ts';
import { createListener } from './listener.ts';
import type { UpstreamOptions } from './options.ts';
import { presentResult } from './present-result.ts';
import { targetOf } from './reach.ts';
import { markFailed } from './refresh.ts';
import { selectReachable } from './store.ts';
import type { UpstreamTarget } from './target.ts';

/** Milliseconds that a call may take; longer where a person may be asked in between. */
const timeoutMilliseconds = 60_000;
const askingMilliseconds = 600_000;

/** Calls of tools of MCP servers. */
export function createMcpSource(options: UpstreamOptions): ToolSource {
  return {
    check: () => undefined,
    call: async (call) => {
      const target = await reach(options, call);
      try {
        return await send(options, target, call);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (error instanceof ProtocolError) return refusal(error, target);
        const failure = upstreamFailure(error, target.service);
        if (brokeConnection(failure)) await noticeFailure(options, target, failure);
        throw failure;
      }
    },
  };
}

async function reach(options: UpstreamOptions, call: SourceCall): Promise<UpstreamTarget> {
  const { principal, row } = call;
  return options.database.tenant(principal.tenantId, async (tx) => {
    const upstream = await selectReachable(tx, row.toolId);
    if (upstream === undefined) throw new MeshError('not_found', `There is no tool ${row.name}.`);
    return targetOf(tx, options, upstream, call);
  });
}

async function send({ pool }: UpstreamOptions, target: UpstreamTarget, call: SourceCall): Promise<CallResult> {
  const { exchange, signal } = call;
  const work = async (connection: UpstreamConnection): Promise<CallResult> => {
    const result = await request(connection, call);
    return presentResult(result, { service: target.service, traces: target.credentials.traces() });
  };
  if (exchange === undefined || !speaks(exchange)) return pool.together(target, work, signal);
  return pool.alone(
    target,
    exchange.declared as ClientCapabilities,
    async (connection) => {
      connection.listener = createListener(exchange);
      try {
        return await work(connection);
      } finally {
        connection.listener = undefined;
      }
    },
    signal,
  );
}

/** Whether more goes on in a call than progress, which its token brings to the right client on any connection. */
function speaks({ declared, logLevel }: CallExchange): boolean {
  return logLevel !== undefined || Object.values(declared).some((capability) => capability !== undefined);
}

async function request(connection: UpstreamConnection, { row, arguments: values, exchange, signal }: SourceCall) {
  const { upstreamTool: name } = row.binding as unknown as UpstreamBinding;
  const asks = exchange !== undefined && speaks(exchange);
  if (asks) await setLogLevel(connection, exchange);
  const levelMeta =
    connection.modern && exchange?.logLevel !== undefined ? { [LOG_LEVEL_META_KEY]: exchange.logLevel } : undefined;
  return connection.client.callTool(
    { name, arguments: { ...values }, ...(levelMeta === undefined ? {} : { _meta: levelMeta }) },
    {
      timeout: asks ? askingMilliseconds : timeoutMilliseconds,
      maxTotalTimeout: askingMilliseconds,
      resetTimeoutOnProgress: true,
      // What a header has to say of the arguments stands in the schema; the output is judged by whoever reads it.
      toolDefinition: { name, inputSchema: row.inputSchema as { type: 'object' } },
      ...(exchange === undefined ? {} : { onprogress: createListener(exchange).progress }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

async function setLogLevel(connection: UpstreamConnection, { logLevel }: CallExchange): Promise<void> {
  if (logLevel === undefined || connection.modern || connection.capabilities.logging === undefined) return;
  await connection.client.setLoggingLevel(logLevel, { timeout: 10_000 });
}

/** A server's own refusal of a call: the model reads it and repairs what it asked for. */
function refusal({ code, message }: ProtocolError, target: UpstreamTarget): CallResult {
  const said = scrub(cleanText(message, 2_000), target.credentials.traces());
  const text = `The server ${target.service} answered with error ${String(code)}: ${said}`;
  return { isError: true, content: [{ type: 'text', text }], truncated: false };
}

/** That a call failed tells of the server before the next look at it does. */
async function noticeFailure(
  options: UpstreamOptions,
  { tenantId, toolId, service }: UpstreamTarget,
  failure: MeshError,
): Promise<void> {
  await markFailed(options, { tenantId, toolId, service, failure }).catch((error: unknown) => {
    options.telemetry.log.warn('the failure of an MCP server could not be stored', { 'error.code': String(error) });
  });
}
