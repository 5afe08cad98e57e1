import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { silentTelemetry } from '@devmesh/foundation';
import {
  createStreamableHttpTransport,
  type StreamableHttpOptions,
  type StreamableHttpTransport,
} from '../http/streamable-http.ts';
import {
  createWebSocketTransport,
  type WebSocketTransport,
  type WebSocketTransportOptions,
} from '../websocket/websocket.ts';
import { callerOf, createTestEndpoint, type Caller, type TestEndpoint } from './endpoint.ts';

/** The test endpoint on a real port, over both transports. */
export interface TestServer extends TestEndpoint, AsyncDisposable {
  readonly httpUrl: string;
  readonly webSocketUrl: string;
  readonly http: StreamableHttpTransport;
  readonly webSocket: WebSocketTransport;
}

interface TestServerOptions {
  readonly http?: Partial<StreamableHttpOptions<Caller>>;
  readonly webSocket?: Partial<WebSocketTransportOptions<Caller>>;
}

/** Serves a fresh test endpoint until it is disposed of. */
export async function serve(options: TestServerOptions = {}): Promise<TestServer> {
  const test = createTestEndpoint();
  const common = { endpoint: test.endpoint, telemetry: silentTelemetry, allowedOrigins: ['https://allowed.example'] };
  const http = createStreamableHttpTransport<Caller>({
    ...common,
    authenticate: async (request) => callerOf(request.headers.get('authorization')),
    ownerOf: ({ key }) => key,
    ...options.http,
  });
  const webSocket = createWebSocketTransport<Caller>({
    ...common,
    authenticate: async (request) => callerOf(request.headers.authorization),
    ownerOf: ({ key }) => key,
    ...options.webSocket,
  });
  const server = createServer((request, response) => void answer(http, request, response));
  server.on('upgrade', (request, socket, head) => {
    webSocket.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...test,
    http,
    webSocket,
    httpUrl: `http://127.0.0.1:${String(port)}/mcp`,
    webSocketUrl: `ws://127.0.0.1:${String(port)}/ws`,
    [Symbol.asyncDispose]: async () => {
      test.release();
      await Promise.all([http.drain(), webSocket.drain()]);
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function answer(
  http: StreamableHttpTransport,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  const request = new Request(`http://${incoming.headers.host ?? ''}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' as const } : {}),
  });
  const response = await http.handle(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), outgoing);
  } catch {
    // The client has gone; the stream was told by the pipeline.
    outgoing.destroy();
  }
}
