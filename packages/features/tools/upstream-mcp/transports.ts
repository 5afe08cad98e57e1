import { createWebSocketClientTransport } from '@devmesh/mcp/client';
import { SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import type { UpstreamAddress } from './address.ts';
import { createAuthorizedFetch, type UpstreamCredentials } from './authorized-fetch.ts';
import { upstreamBounds } from './bounds.ts';
import type { UpstreamNetwork } from './network.ts';
import { createStdioTransport } from './stdio/transport.ts';

interface TransportOptions {
  readonly address: UpstreamAddress;
  readonly credentials: UpstreamCredentials;
  readonly network: UpstreamNetwork;
  readonly megabytes: number;
}

/** A fresh channel to a server, which sends its credential to that server and nowhere else. */
export async function openTransport({
  address,
  credentials,
  network,
  megabytes,
}: TransportOptions): Promise<Transport> {
  if (address.transport === 'stdio') {
    return createStdioTransport({ program: address, megabytes, maximumMessageBytes: upstreamBounds.messageBytes });
  }
  const url = new URL(address.url);
  if (address.transport === 'websocket') return openWebSocket({ url, credentials, network });
  const fetch = createAuthorizedFetch(network.fetch, { url: address.url, credentials });
  if (address.transport === 'sse') return new SSEClientTransport(url, { fetch, eventSourceInit: { fetch } });
  return new StreamableHTTPClientTransport(url, {
    fetch,
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 10_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 3,
    },
  });
}

async function openWebSocket({
  url,
  credentials,
  network,
}: {
  readonly url: URL;
  readonly credentials: UpstreamCredentials;
  readonly network: UpstreamNetwork;
}): Promise<Transport> {
  const { headers, query, clientCertificate } = await credentials.current();
  for (const [name, value] of query) url.searchParams.set(name, value);
  return createWebSocketClientTransport({
    url: url.href,
    headers: { ...headers },
    socket: network.socket(url.href, clientCertificate),
    maximumMessageBytes: upstreamBounds.messageBytes,
    handshakeTimeoutMilliseconds: upstreamBounds.connectMilliseconds,
  });
}
