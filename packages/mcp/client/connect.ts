import { MeshError } from '@devmesh/foundation';
import {
  Client,
  StreamableHTTPClientTransport,
  type ClientOptions,
  type Transport,
} from '@modelcontextprotocol/client';
import { createWebSocketClientTransport } from './websocket.ts';

/** Where to connect, and as whom. */
export interface ConnectOptions {
  /** `ws:` and `wss:` connect over WebSocket, `http:` and `https:` over Streamable HTTP. */
  readonly url: string;
  /** The API key, sent as a bearer token. */
  readonly key: string;
  /** What the client calls itself. */
  readonly name: string;
  readonly version: string;
  readonly options?: ClientOptions | undefined;
  /** Whether binary frames are preferred over WebSocket. */
  readonly binary?: boolean | undefined;
  /** Called before the handshake: the place to set notification handlers, so that none is missed. */
  readonly prepare?: ((client: Client) => void) | undefined;
}

/** A connected official client. */
export interface McpConnection {
  readonly client: Client;
  /** Ends the session on the server too, and releases the connection. */
  readonly close: () => Promise<void>;
}

/** Connects the official client to an MCP server; rejects with the reason when the server refuses. */
export async function connectMcp({
  url,
  key,
  name,
  version,
  options,
  prepare,
  binary,
}: ConnectOptions): Promise<McpConnection> {
  const client = new Client({ name, version }, options);
  prepare?.(client);
  const { transport, terminate } = transportFor(url, { authorization: `Bearer ${key}` }, binary);
  await client.connect(transport);
  return {
    client,
    close: async () => {
      try {
        await terminate();
      } finally {
        await client.close();
      }
    },
  };
}

interface ChosenTransport {
  readonly transport: Transport;
  readonly terminate: () => Promise<void>;
}

function transportFor(
  url: string,
  headers: Readonly<Record<string, string>>,
  binary: boolean | undefined,
): ChosenTransport {
  const address = new URL(url);
  switch (address.protocol) {
    case 'ws:':
    case 'wss:':
      return {
        transport: createWebSocketClientTransport({ url, headers, binary }),
        terminate: () => Promise.resolve(),
      };
    case 'http:':
    case 'https:': {
      const transport = new StreamableHTTPClientTransport(address, { requestInit: { headers } });
      return { transport, terminate: () => transport.terminateSession() };
    }
    default:
      throw new MeshError('invalid_request', `${address.protocol} is not ws:, wss:, http: or https:.`);
  }
}
