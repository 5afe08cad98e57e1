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
import { nameUris } from './name-uris.ts';
import { createOpenServers, type OpenServers } from './open-servers.ts';
import type { UpstreamOptions } from './options.ts';
import { plainCall } from './plain-call.ts';
import { presentResult } from './present-result.ts';
import { isModern, remoteTargetOf, targetOf } from './reach.ts';
import { markFailed } from './refresh.ts';
import { refusalForClient } from './refusal-for-client.ts';
import { answersQuestions, questionsIn, roundOf } from './rounds.ts';
import { selectReachable, updateDue } from './store.ts';
import type { UpstreamTarget } from './target.ts';

/** Milliseconds that a call may take; longer where a person may be asked in between. */
const timeoutMilliseconds = 60_000;
const askingMilliseconds = 600_000;

/** Calls of tools of MCP servers. */
export function createMcpSource(options: UpstreamOptions): ToolSource {
  const parts = { ...options, openServers: createOpenServers(options.clock) };
  return { prepare: (call) => () => callServer(parts, call) };
}

interface Parts extends UpstreamOptions {
  readonly openServers: OpenServers;
}

async function callServer(options: Parts, call: SourceCall): Promise<CallResult> {
  const { target, failed, modern } = await reach(options, call);
  try {
    const result = await send(options, { target, modern }, call);
    if (failed) await noticeRecovery(options, target);
    return result;
  } catch (error) {
    call.signal?.throwIfAborted();
    const failure = upstreamFailure(error, target.service);
    if (error instanceof ProtocolError) {
      const failureOfClient = refusalForClient(error, call, target);
      if (failureOfClient !== undefined) throw failureOfClient;
      return refusal(error, target);
    }
    if (brokeConnection(failure) && !failed) await noticeFailure(options, target, failure);
    throw failure;
  }
}

interface Reached {
  readonly target: UpstreamTarget;
  /** Whether it could not be reached when it was last seen. */
  readonly failed: boolean;
  /** Whether it spoke a revision without sessions then. */
  readonly modern: boolean;
}

async function reach(options: Parts, call: SourceCall): Promise<Reached> {
  const { principal, row } = call;
  const { tenantId } = principal;
  const known = options.openServers.get(tenantId, row.toolId);
  if (known !== undefined) {
    return { target: remoteTargetOf(options, known, call), failed: false, modern: isModern(known) };
  }
  return options.database.tenant(tenantId, async (tx) => {
    const upstream = await selectReachable(tx, row.toolId);
    if (upstream === undefined) throw new MeshError('not_found', `There is no tool ${row.name}.`);
    options.openServers.keep(tenantId, upstream);
    return {
      target: await targetOf(tx, options, upstream, call),
      failed: upstream.state === 'failed',
      modern: isModern(upstream),
    };
  });
}

/** A server that answers again is looked at now, not when that would have been due. */
async function noticeRecovery({ database, bell }: UpstreamOptions, target: UpstreamTarget): Promise<void> {
  const { tenantId, toolId } = target;
  await database.tenant(tenantId, (tx) => updateDue(tx, toolId));
  await bell.ring(changeChannel, changePayload(target));
}

async function send(
  options: UpstreamOptions,
  { target, modern }: Pick<Reached, 'target' | 'modern'>,
  call: SourceCall,
): Promise<CallResult> {
  const { exchange, input } = call;
  const work = async (connection: UpstreamConnection, opened: UpstreamTarget): Promise<CallResult> => {
    const { service, credentials } = opened;
    const result = await request(options, connection, opened, call);
    const { tenantId } = call.principal;
    const inputRequired = questionsIn(result, service, credentials.traces());
    if (inputRequired !== undefined) return { inputRequired, isError: false, content: [], truncated: false };
    const uriOf = await nameUris(options, { tenantId, service, set: call.set }, result['content']);
    return presentResult(result, { uriOf, traces: credentials.traces() });
  };
  // Questions that come as results need no connection of their own.
  const inRounds = modern && input !== undefined && exchange?.logLevel === undefined;
  if (exchange === undefined || inRounds || !speaks(exchange)) return options.pool.together(target, work);
  return options.pool.alone(target, exchange.declared as ClientCapabilities, async (connection, opened) => {
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

function request(
  { fetch: outbound }: UpstreamOptions,
  connection: UpstreamConnection,
  target: UpstreamTarget,
  call: SourceCall,
): Promise<Readonly<Record<string, unknown>>> {
  const { row, arguments: values, exchange, input, signal } = call;
  const { address } = target;
  const { upstreamTool: name } = row.binding as unknown as UpstreamBinding;
  const isPlain = exchange === undefined && !answersQuestions(input);
  const session = isPlain && address.transport === 'http' ? connection.session : undefined;
  if (session === undefined || address.transport !== 'http') return requestByClient(connection, name, call);
  const params = { name, arguments: values };
  const at = { ...target, address };
  return plainCall({ outbound, connection, session, target: at, params, timeoutMilliseconds, signal });
}

async function requestByClient(
  connection: UpstreamConnection,
  name: string,
  { row, arguments: values, exchange, input, signal }: SourceCall,
) {
  const asks = exchange !== undefined && speaks(exchange);
  if (asks) await setLogLevel(connection, exchange);
  const { params, options } = roundOf(connection, input);
  const { logLevel } = exchange ?? {};
  const levelMeta = connection.modern && logLevel !== undefined ? { [LOG_LEVEL_META_KEY]: logLevel } : {};
  const { _meta: roundMeta } = params;
  return connection.client.callTool(
    { ...params, name, arguments: { ...values }, _meta: { ...roundMeta, ...levelMeta } },
    {
      ...options,
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
