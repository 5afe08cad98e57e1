import type { UpstreamAuthorization } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { digestOf } from './calling/canonical-json.ts';
import type { Catalogue } from './catalogue.ts';
import { serverOf } from './calling/http-source.ts';
import type { CallResult } from './calling/present-answer.ts';
import type { ToolSource } from './calling/source.ts';
import type { ArgumentValidator } from './calling/validate-arguments.ts';
import type { ToolsOptions } from './options.ts';
import { withPreset } from './definitions/preset-arguments.ts';
import { noResource } from './exposed-resources/resource-uri.ts';
import { withIdempotencyKey } from './resilience/effect.ts';
import { takeOptions } from './results/call-options.ts';
import { nameInSet } from './sets/set-view.ts';
import { selectCallable, type CallableRow, type SourceKind } from './store.ts';
import { answerBytesOf } from './usage/answer-bytes.ts';
import type { UsageCounter } from './usage/usage-counter.ts';
import { resourceOf } from './tool-resource.ts';
import type { CallExchange } from './upstream-mcp/exchange.ts';

/** One call of a tool. */
export interface ToolCall {
  readonly principal: Principal;
  readonly name: string;
  /** Where it is read as a resource: the service that its address names. */
  readonly of?: { readonly service: string; readonly uri: string };
  /** The set under which the tool has the name; one that is not in it is not found. */
  readonly set?: string | undefined;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The person's own credentials for services, for this call alone. */
  readonly handedOver?: readonly UpstreamAuthorization[];
  readonly signal?: AbortSignal | undefined;
  /** Paths of the fields of the answer that are wanted; default: all. */
  readonly select?: readonly string[] | undefined;
  /** Pages to fetch and put together. */
  readonly pages?: number | undefined;
  readonly exchange?: CallExchange | undefined;
}

interface Calling {
  readonly options: ToolsOptions;
  readonly catalogue: Pick<Catalogue, 'callable'>;
  readonly usage: Pick<UsageCounter, 'count'>;
  readonly validator: ArgumentValidator;
  readonly sources: Readonly<Record<SourceKind, ToolSource>>;
}

/** Calls a tool and tells the audit trail and the feed, whether the service answered or not. */
export async function callTool(
  { options, validator, sources, catalogue, usage }: Calling,
  asked: ToolCall,
): Promise<CallResult> {
  const { principal, name, handedOver = [], signal, exchange } = asked;
  const row = await callableOf({ options, catalogue }, asked);
  if (row === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
  const { arguments: own, ...answer } = takeOptions(row.inputSchema, asked);
  const given = withIdempotencyKey(row, own, options.newId);
  const source = sources[row.source];
  const server = serverOf(row);
  const host = URL.canParse(server) ? new URL(server).host : server;
  const guarded = { action: 'tools.call', subject: row.name, detail: deniedDetail(asked, row, host) };
  const resource = resourceOf(row, server);
  await options.policy.guard(principal, { resource }, guarded);
  const fitting = validator.check(`${row.toolId} ${row.name} ${row.version}`, row.inputSchema, given);
  const call = { ...asked, arguments: withPreset(row.preset, fitting) };
  await options.policy.guard(principal, { resource, arguments: call.arguments }, guarded);
  const sourceCall = { principal, row, arguments: call.arguments, handedOver, signal, exchange, answer };
  // Arguments that could lead elsewhere are refused before any token is asked for.
  source.check(sourceCall);
  const attributes = { 'gen_ai.tool.name': row.name, 'server.address': host };
  return options.telemetry.tracer.span('execute_tool', { attributes }, async () => {
    const told = { call, row, host, passThrough: handsOver(call, row) };
    const counted = countingOf(usage, call, row);
    const result = await source.call(sourceCall).catch(async (error: unknown) => {
      counted(undefined);
      await tellFailure(options, told, error);
      throw error;
    });
    counted(result);
    await tell(options, told, result);
    return result;
  });
}

/** Counts a call when it has ended, with its result where it has one. */
function countingOf(
  usage: Calling['usage'],
  { principal }: ToolCall,
  { name: tool, service }: CallableRow,
): (result: CallResult | undefined) => void {
  const start = performance.now();
  return (result) => {
    const milliseconds = performance.now() - start;
    const answerBytes = result === undefined ? 0 : answerBytesOf(result);
    usage.count({ principal, tool, service, failed: result?.isError ?? true, milliseconds, answerBytes });
  };
}

async function callableOf(
  { options, catalogue }: Pick<Calling, 'options' | 'catalogue'>,
  { principal: { tenantId }, name, set, of }: ToolCall,
): Promise<CallableRow | undefined> {
  if (of !== undefined) {
    const row = await options.database.tenant(tenantId, (tx) => selectCallable(tx, name, 'resource'));
    if (row?.service !== of.service) throw noResource(of.uri);
    return row;
  }
  const exposed = set === undefined ? name : await options.database.tenant(tenantId, (tx) => nameInSet(tx, set, name));
  return exposed === undefined ? undefined : catalogue.callable(tenantId, exposed);
}

function handsOver({ handedOver = [] }: ToolCall, { service }: CallableRow): boolean {
  return handedOver.some((given) => given.service === service);
}

function deniedDetail(call: ToolCall, { toolId }: CallableRow, host: string): Record<string, unknown> {
  return { toolId, host, arguments: digestOf(call.arguments) };
}

interface Told {
  readonly call: ToolCall;
  readonly row: CallableRow;
  readonly host: string;
  /** Whether the caller handed over a credential of their own for it. */
  readonly passThrough: boolean;
}

function passThroughDetail({ passThrough }: Told): Record<string, unknown> {
  return passThrough ? { passThrough } : {};
}

interface RecordedCall {
  readonly told: Told;
  readonly outcome: 'allowed' | 'denied' | 'failed';
  readonly result: Readonly<Record<string, unknown>>;
}

/** The audit line of a call: the arguments as their digest, and themselves only where the organization keeps them. */
async function record(options: ToolsOptions, tx: Tx, { told, outcome, result }: RecordedCall): Promise<void> {
  const { call, row, host } = told;
  const entryId = options.newId();
  await options.audit.record(tx, {
    id: entryId,
    actor: actorOf(call.principal),
    action: 'tools.call',
    subject: row.name,
    outcome,
    detail: {
      toolId: row.toolId,
      host,
      ...result,
      arguments: digestOf(call.arguments),
      ...passThroughDetail(told),
    },
  });
  await options.auditBodies.keep(tx, call.principal.tenantId, { entryId, body: call.arguments });
}

/** The audit line and the event of a call that was answered. */
async function tell(
  options: ToolsOptions,
  told: Told,
  { status, isError }: Pick<CallResult, 'status' | 'isError'>,
): Promise<void> {
  const { call, row } = told;
  await options.database.tenant(call.principal.tenantId, async (tx) => {
    await record(options, tx, {
      told,
      outcome: isError ? 'failed' : 'allowed',
      result: status === undefined ? {} : { status },
    });
    await options.events.publish(tx, {
      type: 'tool.called',
      subjectId: row.toolId,
      summary: `${row.name} ${status === undefined ? 'answered' : `answered ${String(status)}`}`,
      data: { name: row.name, ...(status === undefined ? {} : { status }), isError },
    });
  });
}

/** The same for a call that got no answer. */
async function tellFailure(options: ToolsOptions, told: Told, error: unknown): Promise<void> {
  const { call, row } = told;
  const code = error instanceof MeshError ? error.code : 'cancelled';
  await options.database.tenant(call.principal.tenantId, async (tx) => {
    await record(options, tx, { told, outcome: code === 'forbidden' ? 'denied' : 'failed', result: { code } });
    await options.events.publish(tx, {
      type: 'tool.called',
      subjectId: row.toolId,
      summary: `${row.name} got no answer: ${code}`,
      data: { name: row.name, code, isError: true },
    });
  });
}
