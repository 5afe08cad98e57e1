import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;
type Answers = Readonly<Record<string, (params: Json) => unknown>>;

/** A server that somebody wrote by hand. */
export interface RawUpstream {
  readonly url: string;
  /** The methods and headers that it got. */
  readonly got: { readonly method: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
}

/** Speaks MCP 2025-06-18 over anything that brings messages both ways; its tool `ask` asks for a name. */
function speak(answers: Answers, send: (message: object) => void, got: string[]): (text: string) => void {
  const asked = new Map<string, (answer: Json) => void>();
  const all: Answers = {
    initialize: () => ({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'raw', version: '1' },
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools: ['echo', 'ask'].map((name) => ({ name, inputSchema: { type: 'object' } })) }),
    'tools/call': async ({ name, arguments: values }) => {
      if (name === 'echo') return { content: [{ type: 'text', text: JSON.stringify(values) }] };
      const id = `q${String(asked.size)}`;
      const answer = new Promise<Json>((resolve) => asked.set(id, resolve));
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
      send({ jsonrpc: '2.0', id, method: 'elicitation/create', params: { message: 'Who?', requestedSchema } });
      return { content: [{ type: 'text', text: JSON.stringify(await answer) }] };
    },
    ...answers,
  };
  return (text) => {
    const { id, method, params = {}, result } = JSON.parse(text) as Message;
    if (method === undefined) asked.get(String(id))?.(result ?? {});
    else got.push(method);
    if (method === undefined || id === undefined) return;
    const answer = all[method];
    if (answer === undefined) {
      send({ jsonrpc: '2.0', id, error: { code: -32_601, message: `no ${method}` } });
      return;
    }
    void Promise.resolve(answer(params)).then((given) => send({ jsonrpc: '2.0', id, result: given }));
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
  return body;
}

/** A server of 2024: HTTP with SSE, which refuses what it does not know with 405. */
export async function startSseUpstream(answers: Answers = {}): Promise<RawUpstream> {
  const got: RawUpstream['got'][number][] = [];
  let receive: ((text: string) => void) | undefined;
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      if (request.method === 'GET' && request.url === '/sse') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: endpoint\ndata: /messages\n\n');
        const methods: string[] = [];
        receive = speak(
          answers,
          (message) => response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`),
          methods,
        );
        return;
      }
      if (request.method === 'POST' && request.url === '/messages') {
        const text = await bodyOf(request);
        got.push({ method: (JSON.parse(text) as Message).method ?? 'answer', headers: request.headers });
        response.writeHead(202).end();
        receive?.(text);
        return;
      }
      response.writeHead(405).end();
    };
    void answer();
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${String(port)}/sse`, got, close: () => stop(server) };
}

/** A server over WebSocket. */
export async function startWebSocketUpstream(answers: Answers = {}): Promise<RawUpstream & { cut(): void }> {
  const got: RawUpstream['got'][number][] = [];
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'mcp' });
  sockets.on('connection', (socket, request) => {
    const methods: string[] = [];
    const receive = speak(answers, (message) => socket.send(JSON.stringify(message)), methods);
    socket.on('message', (data: Buffer) => {
      receive(data.toString('utf8'));
      got.push({ method: methods.at(-1) ?? '', headers: request.headers });
    });
  });
  const port = await listen(server);
  const cut = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    url: `ws://127.0.0.1:${String(port)}/mcp`,
    got,
    cut,
    close: async () => {
      cut();
      await stop(server);
    },
  };
}

/** A server over Streamable HTTP that answers each request by itself, as JSON; what it lists is up to the test. */
export async function startJsonUpstream(
  answers: Answers,
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<RawUpstream> {
  const got: RawUpstream['got'][number][] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const text = await bodyOf(request);
      got.push({
        method: request.method === 'POST' ? ((JSON.parse(text) as Message).method ?? '') : '',
        headers: request.headers,
      });
      if (before(request, response)) return;
      if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      if ((JSON.parse(text) as Message).id === undefined) {
        response.writeHead(202).end();
        return;
      }
      const receive = speak(
        answers,
        (message) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message)),
        [],
      );
      receive(text);
    };
    void answer();
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${String(port)}/mcp`, got, close: () => stop(server) };
}

/** A server of 2026-07-28, without sessions, by the official SDK; it answers no older revision. */
export async function startModernUpstream(
  build: (state: { readonly extra: boolean }) => McpServer = modernServer,
): Promise<RawUpstream & { addTool(): void; touch(): void }> {
  const got: RawUpstream['got'][number][] = [];
  const state = { extra: false };
  const handler = createMcpHandler(() => build(state), { legacy: 'reject' });
  const server = createServer((incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(incoming);
      got.push({ method: body === '' ? '' : ((JSON.parse(body) as Message).method ?? ''), headers: incoming.headers });
      const leaving = new AbortController();
      outgoing.once('close', () => leaving.abort());
      const request = new Request(`http://${incoming.headers.host ?? ''}${incoming.url ?? '/'}`, {
        method: incoming.method ?? 'GET',
        headers: incoming.headers as Record<string, string>,
        signal: leaving.signal,
        ...(body === '' ? {} : { body }),
      });
      const response = await handler.fetch(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      if (response.body === null) outgoing.end();
      else await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), outgoing);
    };
    answer().catch(() => outgoing.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    got,
    addTool: () => {
      state.extra = true;
      handler.notify.toolsChanged();
    },
    touch: () => handler.notify.resourceUpdated('memo://one'),
    close: async () => {
      await handler.close();
      await stop(server);
    },
  };
}

function modernServer(state: { readonly extra: boolean }): McpServer {
  const server = new McpServer(
    { name: 'modern', version: '7' },
    { capabilities: { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } } },
  );
  server.registerTool('add', { inputSchema: z.object({ a: z.number(), b: z.number() }) }, ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  server.registerTool('ask', { description: 'Asks for a name' }, ({ mcpReq }) => {
    const answer = mcpReq.inputResponses?.['name'] as { readonly content?: { readonly name?: string } } | undefined;
    if (answer !== undefined) return { content: [{ type: 'text', text: `Hello ${String(answer.content?.name)}` }] };
    const requestedSchema = z.object({ name: z.string() });
    return inputRequired({
      inputRequests: { name: inputRequired.elicit({ message: 'Who are you?', requestedSchema }) },
    });
  });
  if (state.extra) server.registerTool('extra', { description: 'New' }, () => ({ content: [] }));
  server.registerResource('one', 'memo://one', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'one' }] }));
  return server;
}
