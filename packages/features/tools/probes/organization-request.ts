import type { GuardedResponse } from '@devmesh/infrastructure';
import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../../identity/index.ts';
import { buildRequest } from '../calling/build-request.ts';
import { sendAuthorized } from '../calling/send-authorized.ts';
import { authorizeCall } from '../credentials/authorizer.ts';
import type { ToolsOptions } from '../options.ts';
import type { Security } from '../reading/security.ts';

/** A service that is looked at. */
export interface ProbedTool {
  readonly id: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly pack: string | null;
  readonly kind: 'openapi' | 'mcp';
  /** How its calls authenticate. */
  readonly security: Security;
}

/** What is asked of a service to see how it is. */
export interface ProbeCall {
  readonly tenantId: string;
  readonly tool: ProbedTool;
  /** After the base URL, with its query. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD';
  /** The one request that is no read: a review of rules, which Kubernetes answers and does not keep. */
  readonly review?: string;
  readonly signal?: AbortSignal | undefined;
}

const maximumBytes = 4 * 1024 * 1024;
const timeoutMilliseconds = 15_000;
const reviewPath = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';

/** Asks a service under the organization's credential; never under a person's, and never anything that changes something. */
export async function askService(
  options: ToolsOptions,
  { tenantId, tool, path, ...rest }: ProbeCall,
): Promise<GuardedResponse> {
  if (rest.review !== undefined && path !== reviewPath) {
    throw new MeshError('internal', 'A probe would have sent something that is no review.');
  }
  const method = rest.review === undefined ? (rest.method ?? 'GET') : 'POST';
  const row = {
    toolId: tool.id,
    name: tool.name,
    service: tool.name,
    baseUrl: tool.baseUrl,
    serverUrl: null,
    security: tool.security,
  };
  const authorized = await authorizeCall(options, { principal: organization(tenantId), row, handedOver: [] });
  const { response } = await sendAuthorized({
    authorized,
    safe: true,
    log: options.telemetry.log,
    send: (authorization) => {
      const built = buildRequest(
        { method, path, server: tool.baseUrl, binding: { parameters: [] } },
        {},
        authorization,
      );
      const body = rest.review === undefined ? {} : { body: rest.review };
      const typed =
        rest.review === undefined ? built.headers : { ...built.headers, 'content-type': 'application/json' };
      const request = { ...built, ...body, headers: typed };
      const signature = authorization.sign?.(request) ?? {};
      return options.fetch(built.url, {
        method,
        headers: { ...typed, ...signature },
        ...body,
        tenantId,
        clientCertificate: authorization.clientCertificate,
        secrets: authorization.traces,
        maximumBytes,
        timeoutMilliseconds,
        ...(rest.signal === undefined ? {} : { signal: rest.signal }),
      });
    },
  });
  return response;
}

/** The platform itself, on behalf of nobody: no person's credential is found for it. */
function organization(tenantId: string): Principal {
  return { tenantId, keyId: 'probe', keyType: 'admin', scopes: [], agentId: undefined };
}
