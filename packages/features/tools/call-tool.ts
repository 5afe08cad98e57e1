import type { RoundInput, UpstreamAuthorization } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import { digestOf } from './calling/canonical-json.ts';
import type { Catalogue } from './catalogue.ts';
import { serverOf } from './calling/http-source.ts';
import { checkMirrored, type MirroredHeaders } from './calling/mirrored-headers.ts';
import type { CallResult } from './calling/present-answer.ts';
import type { ToolSource } from './calling/source.ts';
import type { ArgumentValidator } from './calling/validate-arguments.ts';
import type { ToolsOptions } from './options.ts';
import type { CallRecorder, EndedCall } from './record-calls.ts';
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
  /** Bytes of text that are shown, where the rest is kept. */
  readonly textBytes?: number | undefined;
  readonly exchange?: CallExchange | undefined;
  /** What the caller repeated of the arguments in headers; absent where its transport has none. */
  readonly mirrored?: MirroredHeaders | undefined;
  /** What the caller answers to questions that came as a result; absent where it takes none so. */
  readonly input?: RoundInput | undefined;
}

interface Calling {
  readonly options: ToolsOptions;
  readonly catalogue: Pick<Catalogue, 'callable'>;
  readonly usage: Pick<UsageCounter, 'count'>;
  readonly recorder: CallRecorder;
  readonly validator: ArgumentValidator;
  readonly sources: Readonly<Record<SourceKind, ToolSource>>;
}

/** Calls a tool and tells the audit trail and the feed, whether the service answered or not. */
export async function callTool(
  { options, validator, sources, catalogue, usage, recorder }: Calling,
  asked: ToolCall,
): Promise<CallResult> {
  const { principal, name, set, handedOver = [], signal, exchange, input } = asked;
  const row = await callableOf({ options, catalogue }, asked);
  if (row === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
  if (asked.mirrored !== undefined) checkMirrored(row.inputSchema, asked.arguments, asked.mirrored);
  const { arguments: own, ...answer } = takeOptions(row.inputSchema, asked);
  const given = withIdempotencyKey(row, own, options.newId);
  const source = sources[row.source];
  const server = serverOf(row);
  const host = URL.canParse(server) ? new URL(server).host : server;
  const guarded = { action: 'tools.call', subject: row.name, detail: () => deniedDetail(asked, row, host) };
  const resource = resourceOf(row, server);
  await options.policy.guard(principal, { resource }, guarded);
  const fitting = validator.check(`${row.toolId} ${row.name} ${row.version}`, row.inputSchema, given);
  const values = withPreset(row.preset, fitting);
  await options.policy.guard(principal, { resource, arguments: values }, guarded);
  const sourceCall = { principal, row, arguments: values, handedOver, set, signal, exchange, input, answer };
  // Arguments that could lead elsewhere are refused before any token is asked for.
  const send = source.prepare(sourceCall);
  const attributes = { 'gen_ai.tool.name': row.name, 'server.address': host };
  return options.telemetry.tracer.span('execute_tool', { attributes }, async () => {
    const told = { principal, row, host, arguments: values, passThrough: handsOver(asked, row) };
    const counted = countingOf(usage, asked, row);
    const result = await send().catch(async (error: unknown) => {
      counted(undefined);
      await recorder.record(unanswered(told, error));
      throw error;
    });
    counted(result);
    await recorder.record(answered(told, result));
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

/** What the record of a call says of it, however it ended. */
type Told = Pick<EndedCall, 'principal' | 'row' | 'host' | 'arguments' | 'passThrough'>;

/** The record of a call that was answered. */
function answered(
  told: Told,
  { status, isError, inputRequired }: Pick<CallResult, 'status' | 'isError' | 'inputRequired'>,
): EndedCall {
  const result = {
    ...(status === undefined ? {} : { status }),
    ...(inputRequired === undefined ? {} : { inputRequired: true }),
  };
  const { principal, row, host, arguments: values, passThrough } = told;
  const { name } = row;
  const event = {
    summary: `${name} ${status === undefined ? 'answered' : `answered ${String(status)}`}`,
    data: { name, ...result, isError },
  };
  const outcome = isError ? 'failed' : 'allowed';
  return { principal, row, host, arguments: values, passThrough, outcome, result, event };
}

/** The record of a call that got no answer. */
function unanswered(told: Told, error: unknown): EndedCall {
  const code = error instanceof MeshError ? error.code : 'cancelled';
  const { name } = told.row;
  return {
    ...told,
    outcome: code === 'forbidden' ? 'denied' : 'failed',
    result: { code },
    event: { summary: `${name} got no answer: ${code}`, data: { name, code, isError: true } },
  };
}
