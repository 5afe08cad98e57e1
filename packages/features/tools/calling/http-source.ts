import { systemClock } from '@devmesh/foundation';
import type { GuardedRequest, GuardedResponse } from '@devmesh/infrastructure';
import { authorizeCall } from '../credentials/authorizer.ts';
import { anonymous, type Authorization } from '../credentials/credential.ts';
import type { ToolsOptions } from '../options.ts';
import { isSafeMethod } from '../reading/annotations.ts';
import { effectOf, isShareable } from '../resilience/effect.ts';
import { keyOfRead } from '../resilience/read-key.ts';
import { settingsOf } from '../resilience/execution.ts';
import type { Try } from '../resilience/upstream-host.ts';
import { createUpstreams, type UpstreamCall, type Upstreams } from '../resilience/upstreams.ts';
import type { ResultStore } from '../results/result-store.ts';
import type { CallableRow } from '../store.ts';
import { draftRequest, type BuiltRequest, type RequestDraft } from './build-request.ts';
import { answerCall } from './answer-call.ts';
import { sendAuthorized, type AuthorizedAnswer } from './send-authorized.ts';
import type { SourceCall, ToolSource } from './source.ts';

interface HttpSourceOptions extends ToolsOptions {
  readonly results: Pick<ResultStore, 'keep'>;
}

/** Calls of services that an OpenAPI document describes. */
export function createHttpSource(options: HttpSourceOptions): ToolSource {
  const { telemetry, clock = systemClock } = options;
  const upstreams = createUpstreams({ telemetry, clock });
  return {
    prepare: (call) => {
      const first = draftOf(call);
      // A credential makes it no shorter.
      first(anonymous);
      const ask = (values: SourceCall['arguments']): Promise<AuthorizedAnswer> => {
        const page = { ...call, arguments: values };
        return askOverHttp(options, upstreams, {
          call: page,
          draft: values === call.arguments ? first : draftOf(page),
        });
      };
      return () => answerCall(ask, call, options.results);
    },
  };
}

function draftOf({ row, arguments: values }: SourceCall): RequestDraft {
  return draftRequest({ ...row, server: serverOf(row) }, values);
}

/** Where the calls of a tool go. */
export function serverOf({ serverUrl, baseUrl }: Pick<CallableRow, 'serverUrl' | 'baseUrl'>): string {
  return serverUrl ?? baseUrl;
}

interface Asking {
  readonly call: SourceCall;
  readonly draft: RequestDraft;
}

/** One request, and its answer. */
async function askOverHttp(
  options: ToolsOptions,
  upstreams: Upstreams,
  { call, draft }: Asking,
): Promise<AuthorizedAnswer> {
  const { principal, row, handedOver } = call;
  const { tenantId } = principal;
  const safe = isSafeMethod(row.method);
  const send = (authorization: Authorization): Promise<GuardedResponse> => {
    const request = signed(draft(authorization), authorization);
    const { clientCertificate, traces: secrets } = authorization;
    const identity = { tenantId, clientCertificate, secrets };
    const upstreamCall = upstreamCallOf(call, request);
    // What was shown a certificate is for whoever holds it, which nothing else of the request tells.
    const own = clientCertificate === undefined ? upstreamCall : { ...upstreamCall, readKey: undefined };
    return upstreams.send(own, (one) => fetchBuilt(options, request, { ...one, ...identity }));
  };
  const authorized = await authorizeCall(options, { principal, row, handedOver });
  const answer = await sendAuthorized({ authorized, safe, send, log: options.telemetry.log });
  options.telemetry.tracer.annotate({ 'http.response.status_code': answer.response.status });
  return answer;
}

/** How a request is sent: what it does decides whether it may be sent again, and with whom its answer may be shared. */
function upstreamCallOf({ principal, row, signal }: SourceCall, request: BuiltRequest): UpstreamCall {
  const { tenantId, userId } = principal;
  const { url, method, headers } = request;
  const effect = effectOf(row);
  const read = { tenantId, toolId: row.toolId, userId, method, url, headers };
  const readKey = effect === 'read' && isShareable(request) ? keyOfRead(read) : undefined;
  return { tenantId, url, effect, readKey, settings: settingsOf(row.execution), signal };
}

/** The request with what signs it as it is. */
function signed(request: BuiltRequest, { sign }: Authorization): BuiltRequest {
  return sign === undefined ? request : { ...request, headers: { ...request.headers, ...sign(request) } };
}

type Sending = Try & Pick<GuardedRequest, 'tenantId' | 'clientCertificate' | 'secrets'>;

function fetchBuilt(
  { fetch }: ToolsOptions,
  { url, method, headers, body }: BuiltRequest,
  { headers: conditions, ...rest }: Sending,
): Promise<GuardedResponse> {
  const sent = { method, headers: { ...headers, ...conditions }, ...rest };
  return fetch(url, { ...sent, ...(body === undefined ? {} : { body }) });
}
