import { MeshError } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { buildRequest, type BuiltRequest } from './calling/build-request.ts';
import { digestOf } from './calling/canonical-json.ts';
import { presentAnswer, type CallResult } from './calling/present-answer.ts';
import type { Upstreams } from './calling/upstreams.ts';
import type { ArgumentValidator } from './calling/validate-arguments.ts';
import { authorizationFor, openCredential } from './credentials/sealed-credential.ts';
import { isSafeMethod } from './reading/annotations.ts';
import type { ToolsOptions } from './options.ts';
import { selectCallable, type CallableRow } from './store.ts';
import { resourceOf } from './tool-resource.ts';

/** One call of a tool. */
export interface ToolCall {
  readonly principal: Principal;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

interface Calling {
  readonly options: ToolsOptions;
  readonly validator: ArgumentValidator;
  readonly upstreams: Upstreams;
}

const timeoutMilliseconds = 30_000;

/** Calls a tool and tells the audit trail and the feed, whether the service answered or not. */
export async function callTool({ options, validator, upstreams }: Calling, call: ToolCall): Promise<CallResult> {
  const { principal, name, signal } = call;
  const { row, secret } = await options.database.tenant(principal.tenantId, async (tx) => {
    const found = await selectCallable(tx, name);
    if (found === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
    return { row: found, secret: await openCredential(tx, options.vault, principal.tenantId, found) };
  });
  const server = row.serverUrl ?? row.baseUrl;
  const host = new URL(server).host;
  const guarded = { action: 'tools.call', subject: row.name, detail: deniedDetail(call, row, host) };
  const resource = resourceOf(row, server);
  await options.policy.guard(principal, { resource }, guarded);
  validator.check(`${row.toolId} ${row.name}`, row.inputSchema, call.arguments);
  await options.policy.guard(principal, { resource, arguments: call.arguments }, guarded);
  const authorization = authorizationFor(row, secret);
  const request = buildRequest({ ...row, server }, call.arguments, authorization);
  const attributes = { 'gen_ai.tool.name': row.name, 'server.address': host };
  return options.telemetry.tracer.span('execute_tool', { attributes }, async () => {
    const told = { call, row, host };
    const response = await upstreams
      .run({ tenantId: principal.tenantId, host, repeatable: isSafeMethod(row.method), signal }, (inner) =>
        send(options, request, inner),
      )
      .catch(async (error: unknown) => {
        await tellFailure(options, told, error);
        throw error;
      });
    options.telemetry.tracer.annotate({ 'http.response.status_code': response.status });
    const result = presentAnswer(response, authorization.traces);
    await tell(options, told, { status: response.status, isError: result.isError });
    return result;
  });
}

function deniedDetail(call: ToolCall, { toolId }: CallableRow, host: string): Record<string, unknown> {
  return { toolId, host, arguments: digestOf(call.arguments) };
}

function send(
  { fetch }: ToolsOptions,
  { url, method, headers, body }: BuiltRequest,
  signal: AbortSignal,
): Promise<GuardedResponse> {
  return fetch(url, { method, headers, timeoutMilliseconds, signal, ...(body === undefined ? {} : { body }) });
}

interface Told {
  readonly call: ToolCall;
  readonly row: CallableRow;
  readonly host: string;
}

/** The audit line and the event of a call that was answered; the arguments only as their digest. */
async function tell(
  { database, audit, events }: ToolsOptions,
  { call, row, host }: Told,
  { status, isError }: Pick<CallResult, 'status' | 'isError'>,
): Promise<void> {
  await database.tenant(call.principal.tenantId, async (tx) => {
    await audit.record(tx, {
      actor: actorOf(call.principal),
      action: 'tools.call',
      subject: row.name,
      outcome: isError ? 'failed' : 'allowed',
      detail: { toolId: row.toolId, host, status, arguments: digestOf(call.arguments) },
    });
    await events.publish(tx, {
      type: 'tool.called',
      subjectId: row.toolId,
      summary: `${row.name} answered ${String(status)}`,
      data: { name: row.name, status, isError },
    });
  });
}

/** The same for a call that got no answer. */
async function tellFailure(
  { database, audit, events }: ToolsOptions,
  { call, row, host }: Told,
  error: unknown,
): Promise<void> {
  const code = error instanceof MeshError ? error.code : 'cancelled';
  await database.tenant(call.principal.tenantId, async (tx) => {
    await audit.record(tx, {
      actor: actorOf(call.principal),
      action: 'tools.call',
      subject: row.name,
      outcome: 'failed',
      detail: { toolId: row.toolId, host, code, arguments: digestOf(call.arguments) },
    });
    await events.publish(tx, {
      type: 'tool.called',
      subjectId: row.toolId,
      summary: `${row.name} got no answer: ${code}`,
      data: { name: row.name, code, isError: true },
    });
  });
}
