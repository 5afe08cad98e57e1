import { MeshError, version, type Clock } from '@devmesh/foundation';
import { SdkHttpError, type ClientCapabilities, type Transport } from '@modelcontextprotocol/client';
import type { ToolsOptions } from '../options.ts';
import { connectUpstream, type ConnectionEvents, type UpstreamConnection } from './connection.ts';
import { createUpstreamNetwork } from './network.ts';
import { checkProgram, type StdioRules } from './stdio/program.ts';
import type { UpstreamTarget } from './target.ts';
import { openTransport } from './transports.ts';

interface OpenOptions extends Pick<ToolsOptions, 'fetch'> {
  readonly stdio: StdioRules;
  readonly clock: Clock;
}

interface Opening extends ConnectionEvents {
  readonly target: UpstreamTarget;
  readonly declared: ClientCapabilities;
}

/**
 * Connects to a server. One that refuses Streamable HTTP is tried over HTTP with SSE, as the protocol says for servers of
 * before 2025-03-26.
 */
export async function openUpstream(options: OpenOptions, opening: Opening): Promise<UpstreamConnection> {
  const { address } = opening.target;
  // Looked at each time: the operator may have taken the command off the list.
  if (address.transport === 'stdio') checkProgram(address, options.stdio);
  try {
    return await connect(options, opening);
  } catch (error) {
    if (address.transport !== 'http' || !refusesStreamableHttp(error)) throw error;
    const legacy = { ...opening.target, address: { ...address, transport: 'sse' as const } };
    return connect(options, { ...opening, target: legacy }).catch((second: unknown) => {
      // What the address says of the newer way tells more, unless the older one got further.
      throw second instanceof MeshError ? second : error;
    });
  }
}

async function connect(options: OpenOptions, { target, declared, ...events }: Opening): Promise<UpstreamConnection> {
  const { address, credentials, tenantId } = target;
  const network = createUpstreamNetwork(options.fetch, tenantId);
  const open = (): Promise<Transport> =>
    openTransport({ address, credentials, network, megabytes: options.stdio.megabytes });
  const clientInfo = { name: 'developer-mesh', version };
  return connectUpstream({ open, declared, clientInfo, transport: address.transport, ...events });
}

function refusesStreamableHttp(error: unknown): boolean {
  if (!(error instanceof SdkHttpError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 429;
}
