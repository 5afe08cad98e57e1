import { MeshError } from '@devmesh/foundation';
import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ResourceNotFoundError,
  SdkError,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { cleanText } from './clean-text.ts';

const longest = 500;

/** What JSON-RPC has for parameters that a server does not take. */
export const invalidParams = -32_602;

/** What the failure of a connection or a request to an upstream server is to whoever asked. */
export function upstreamFailure(error: unknown, server: string): MeshError {
  const own = meshErrorIn(error);
  if (own !== undefined) return own;
  if (error instanceof ProtocolError) return ofProtocol(error, server);
  if (error instanceof SdkHttpError) return ofStatus(error, server);
  if (error instanceof UnauthorizedError) {
    return new MeshError('upstream_failed', `${server} wants another credential (401).`, { cause: error });
  }
  if (error instanceof SdkError) return ofSdk(error, server);
  const reason = networkReason(error);
  return new MeshError('upstream_unreachable', `${server} could not be reached${reason}.`, { cause: error });
}

/** Whether the failure is one of the connection, so that another one could do better. */
export function brokeConnection(error: MeshError): boolean {
  return error.code === 'upstream_unreachable' || error.code === 'unavailable';
}

function meshErrorIn(error: unknown, depth = 0): MeshError | undefined {
  if (error instanceof MeshError) return error;
  if (!(error instanceof Error) || depth === 5) return undefined;
  const { data } = error as { readonly data?: { readonly error?: unknown } };
  return meshErrorIn(error.cause, depth + 1) ?? meshErrorIn(data?.error, depth + 1);
}

function ofProtocol(error: ProtocolError, server: string): MeshError {
  const { code, message } = error;
  const said = cleanText(message, longest);
  if (error instanceof MissingRequiredClientCapabilityError) return ofCapability(error, server);
  if (code === -32002 || error instanceof ResourceNotFoundError)
    return new MeshError('not_found', `${server} has no such resource: ${said}`);
  return new MeshError('upstream_failed', `${server} answered with error ${String(code)}: ${said}`);
}

/** Capabilities that clients of servers can have; what else a server names nobody could declare. */
const knownCapabilities = new Set(['elicitation', 'sampling', 'roots', 'extensions', 'experimental', 'tasks']);

function ofCapability({ requiredCapabilities }: MissingRequiredClientCapabilityError, server: string): MeshError {
  const named = Object.entries(requiredCapabilities).filter(
    ([name, value]) => knownCapabilities.has(name) && JSON.stringify(value).length <= longest,
  );
  const names = named.map(([name]) => name).join(', ');
  return new MeshError('capability_missing', `${server} needs a client that declares more capabilities: ${names}.`, {
    data: { requiredCapabilities: Object.fromEntries(named) },
  });
}

function ofStatus(error: SdkHttpError, server: string): MeshError {
  return new MeshError('upstream_failed', `${server} answered with status ${String(error.status)}.`, { cause: error });
}

function ofSdk(error: SdkError, server: string): MeshError {
  switch (error.code as string) {
    case 'REQUEST_TIMEOUT':
      return new MeshError('upstream_timeout', `${server} did not answer in time.`, { cause: error });
    case 'NOT_CONNECTED':
    case 'CONNECTION_CLOSED':
    case 'SEND_FAILED':
      return new MeshError('upstream_unreachable', `The connection to ${server} broke off.`, { cause: error });
    case 'CAPABILITY_NOT_SUPPORTED':
    case 'METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION':
      return new MeshError('upstream_failed', `${server} does not offer that.`, { cause: error });
    default:
      return new MeshError(
        'upstream_failed',
        `${server} does not keep to the protocol: ${cleanText(error.message, longest)}`,
        {
          cause: error,
        },
      );
  }
}

function networkReason(error: unknown): string {
  const code =
    (error as { readonly code?: unknown } | null)?.code ??
    (error as { cause?: { code?: unknown } } | null)?.cause?.code;
  return typeof code === 'string' && /^[A-Z_0-9]{2,40}$/u.test(code) ? ` (${code})` : '';
}
