import type { GuardedResponse } from '@devmesh/infrastructure';
import { authorizeCall } from '../credentials/authorizer.ts';
import { anonymous, type Authorization } from '../credentials/credential.ts';
import { openCredential } from '../credentials/sealed-credential.ts';
import type { ToolsOptions } from '../options.ts';
import { isSafeMethod } from '../reading/annotations.ts';
import type { CallableRow } from '../store.ts';
import { buildRequest, type BuiltRequest } from './build-request.ts';
import { presentAnswer, type CallResult } from './present-answer.ts';
import { sendAuthorized } from './send-authorized.ts';
import type { SourceCall, ToolSource } from './source.ts';
import { createUpstreams, type Upstreams } from './upstreams.ts';

const timeoutMilliseconds = 30_000;

/** Calls of services that an OpenAPI document describes. */
export function createHttpSource(options: ToolsOptions): ToolSource {
  const upstreams = createUpstreams();
  return {
    check: ({ row, arguments: values }) => {
      buildRequest({ ...row, server: serverOf(row) }, values, anonymous);
    },
    call: (call) => callOverHttp(options, upstreams, call),
  };
}

/** Where the calls of a tool go. */
export function serverOf({ serverUrl, baseUrl }: Pick<CallableRow, 'serverUrl' | 'baseUrl'>): string {
  return serverUrl ?? baseUrl;
}

async function callOverHttp(options: ToolsOptions, upstreams: Upstreams, call: SourceCall): Promise<CallResult> {
  const { principal, row, handedOver, signal } = call;
  const { tenantId } = principal;
  const safe = isSafeMethod(row.method);
  const server = serverOf(row);
  const upstream = { tenantId, host: new URL(server).host, repeatable: safe, signal };
  const send = (authorization: Authorization): Promise<GuardedResponse> => {
    const request = buildRequest({ ...row, server }, call.arguments, authorization);
    return upstreams.run(upstream, (inner) => fetchBuilt(options, request, inner));
  };
  const secret = await options.database.tenant(tenantId, (tx) => openCredential(tx, options.vault, tenantId, row));
  const authorized = await authorizeCall(options, { principal, row, secret, handedOver });
  const { response, traces } = await sendAuthorized({ authorized, safe, send, log: options.telemetry.log });
  options.telemetry.tracer.annotate({ 'http.response.status_code': response.status });
  return presentAnswer(response, traces);
}

function fetchBuilt(
  { fetch }: ToolsOptions,
  { url, method, headers, body }: BuiltRequest,
  signal: AbortSignal,
): Promise<GuardedResponse> {
  return fetch(url, { method, headers, timeoutMilliseconds, signal, ...(body === undefined ? {} : { body }) });
}
