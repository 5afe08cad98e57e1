import { MeshError } from '@devmesh/foundation';
import { LOG_LEVEL_META_KEY, ProtocolError, type ClientCapabilities } from '@modelcontextprotocol/client';
import type { CallResult } from '../calling/present-answer.ts';
import type { SourceCall, ToolSource } from '../calling/source.ts';
import { changeChannel, changePayload } from './bell.ts';
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
import { selectReachable, updateDue } from './store.ts';
import type { UpstreamTarget } from './target.ts';

/** Milliseconds that a call may take; longer where a person may be asked in between. */
const timeoutMilliseconds = 60_000;
const askingMilliseconds = 600_000;

/** Calls of tools of MCP servers. */
export function createMcpSource(options: UpstreamOptions): ToolSource {
  return {
    check: () => undefined,
    call: async (call) => {
      const { target, failed } = await reach(options, call);
      try {
        const result = await send(options, target, call);
        if (failed) await noticeRecovery(options, target);
        return result;
      } catch (error) {
        call.signal?.throwIfAborted();
        if (error instanceof ProtocolError) return refusal(error, target);
        const failure = upstreamFailure(error, target.service);
        if (brokeConnection(failure) && !failed) await noticeFailure(options, target, failure);
        throw failure;
      }
    },
  };
}

interface Reached {
  readonly target: UpstreamTarget;
  /** Whether it could not be reached when it was last seen. */
  readonly failed: boolean;
}

async function reach(options: UpstreamOptions, call: SourceCall): Promise<Reached> {
  const { principal, row } = call;
  return options.database.tenant(principal.tenantId, async (tx) => {
    const upstream = await selectReachable(tx, row.toolId);
    if (upstream === undefined) throw new MeshError('not_found', `There is no tool ${row.name}.`);
    return { target: await targetOf(tx, options, upstream, call), failed: upstream.state === 'failed' };
  });
}

/** A server that answers again is looked at now, not when that would have been due. */
async function noticeRecovery({ database, bell }: UpstreamOptions, target: UpstreamTarget): Promise<void> {
  const { tenantId, toolId } = target;
  await database.tenant(tenantId, (tx) => updateDue(tx, toolId));
  await bell.ring(changeChannel, changePayload(target));
}

async function send({ pool }: UpstreamOptions, target: UpstreamTarget, call: SourceCall): Promise<CallResult> {
  const { exchange } = call;
  const work = async (
    connection: UpstreamConnection,
    { service, credentials }: UpstreamTarget,
  ): Promise<CallResult> => {
    const result = await request(connection, call);
    return presentResult(result, { service, traces: credentials.traces() });
  };
  if (exchange === undefined || !speaks(exchange)) return pool.together(target, work);
  return pool.alone(target, exchange.declared as ClientCapabilities, async (connection, opened) => {
    connection.listener = createListener(exchange);
    try {
      return await work(connection, opened);
    } finally {
      connection.listener = undefined;
    }
  });
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
function refusal({ code, message }: ProtocolError, { service }: UpstreamTarget): CallResult {
  const text = `The server ${service} answered with error ${String(code)}: ${cleanText(message, 2_000)}`;
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
