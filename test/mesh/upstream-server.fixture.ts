import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import {
  completable,
  McpServer,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A request that an upstream server got. */
interface Got {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** An MCP server of somebody else's, by the official SDK, over Streamable HTTP with sessions. */
export interface UpstreamServer {
  readonly url: string;
  readonly got: Got[];
  /** Calls of its tool `slow`: those that began, and those that were told to end. */
  readonly slow: { begun: number; cancelled: number };
  /** The servers of its sessions. */
  readonly sessions: ReadonlyMap<string, McpServer>;
  /** Adds a tool to every session. */
  addTool(name: string): void;
  /** Forgets all sessions, as a restart does. */
  restart(): void;
  updateNote(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startUpstream(
  options: { readonly token?: string; readonly port?: number; readonly more?: (server: McpServer) => void } = {},
): Promise<UpstreamServer> {
  const got: Got[] = [];
  const slow = { begun: 0, cancelled: 0 };
  const state = { note: 'first', extra: new Set<string>() };
  const sessions = new Map<string, McpServer>();
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();

  const open = async (): Promise<WebStandardStreamableHTTPServerTransport> => {
    const server = buildServer(state, slow);
    options.more?.(server);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        sessions.set(id, server);
        transports.set(id, transport);
      },
    });
    await server.connect(transport);
    return transport;
  };
  const answer = async (request: Request): Promise<Response> => {
    got.push({ method: request.method, headers: Object.fromEntries(request.headers) });
    if (options.token !== undefined && request.headers.get('authorization') !== `Bearer ${options.token}`) {
      return new Response('who are you?', { status: 401 });
    }
    const id = request.headers.get('mcp-session-id');
    if (id === null) return (await open()).handleRequest(request);
    const transport = transports.get(id);
    return transport === undefined
      ? new Response('no such session', { status: 404 })
      : transport.handleRequest(request);
  };
  const server = createServer((incoming, outgoing) => void respond(answer, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    got,
    slow,
    sessions,
    addTool: (name) => {
      state.extra.add(name);
      for (const one of sessions.values()) registerPlain(one, name);
    },
    restart: () => {
      for (const transport of transports.values()) void transport.close();
      transports.clear();
      sessions.clear();
    },
    updateNote: async (text) => {
      state.note = text;
      for (const one of sessions.values()) await one.server.sendResourceUpdated({ uri: 'note://today' });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function registerPlain(server: McpServer, name: string): void {
  server.registerTool(name, { description: `Says ${name}` }, () => ({ content: [{ type: 'text', text: name }] }));
}

interface State {
  note: string;
  readonly extra: Set<string>;
}

/** The server with all that MCP has. */
function buildServer(state: State, slow: UpstreamServer['slow']): McpServer {
  const server = new McpServer(
    { name: 'notes', title: 'Notes', version: '3.1.4' },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } }, instructions: 'Keeps notes.' },
  );
  registerTools(server, slow);
  registerOfferings(server, state);
  for (const name of state.extra) registerPlain(server, name);
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  return server;
}

function registerTools(server: McpServer, slow: UpstreamServer['slow']): void {
  server.registerTool(
    'add',
    {
      title: 'Add',
      description: 'Adds two numbers',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({
      content: [
        { type: 'text', text: String(a + b) },
        { type: 'resource_link', uri: 'note://today', name: 'today' },
      ],
      structuredContent: { sum: a + b },
    }),
  );
  server.registerTool('fails', { description: 'Fails' }, () => ({
    isError: true,
    content: [{ type: 'text', text: 'it cannot be done' }],
  }));
  server.registerTool('slow', { description: 'Goes on until it is cancelled' }, (context) => goOn(context, slow));
  server.registerTool('ask', { description: 'Asks for a name' }, async (context) => {
    const answer = await context.mcpReq.elicitInput({
      message: 'Who are you?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
    return { content: [{ type: 'text', text: `${answer.action} ${String(answer.content?.['name'])}` }] };
  });
  server.registerTool('sample', { description: 'Asks a model' }, async (context) => {
    const answer = await context.mcpReq.requestSampling({
      messages: [{ role: 'user', content: { type: 'text', text: 'Say a word' } }],
      maxTokens: 10,
    });
    return { content: [{ type: 'text', text: JSON.stringify(answer.content) }] };
  });
  server.registerTool('logs', { description: 'Logs' }, async (context) => {
    await context.mcpReq.log('debug', 'too quiet');
    await context.mcpReq.log('warning', 'heed this');
    return { content: [{ type: 'text', text: 'logged' }] };
  });
  server.registerTool('headers', { description: 'Shows the credential' }, (context) => ({
    content: [{ type: 'text', text: context.http?.req?.headers.get('authorization') ?? 'none' }],
  }));
}

async function goOn({ mcpReq }: ServerContext, slow: UpstreamServer['slow']) {
  slow.begun += 1;
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  for (let progress = 1; !mcpReq.signal.aborted; progress += 1) {
    if (progressToken !== undefined) {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100, message: `step ${String(progress)}` },
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  slow.cancelled += 1;
  return { content: [{ type: 'text' as const, text: 'cancelled' }] };
}

function registerOfferings(server: McpServer, state: State): void {
  server.registerResource('today', 'note://today', { title: 'Today', mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: state.note }],
  }));
  server.registerResource(
    'note',
    new ResourceTemplate('note://of/{day}', { list: undefined, complete: { day: () => ['monday', 'tuesday'] } }),
    { title: 'Note of a day' },
    (uri) => ({ contents: [{ uri: uri.href, text: `of ${uri.href}` }] }),
  );
  server.registerPrompt(
    'greet',
    {
      description: 'Greets somebody',
      argsSchema: z.object({
        name: completable(z.string(), (value) => ['Ada', 'Alan'].filter((name) => name.startsWith(value))),
      }),
    },
    ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }] }),
  );
}

async function respond(
  answer: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  const leaving = new AbortController();
  outgoing.once('close', () => leaving.abort());
  const request = new Request(`http://${incoming.headers.host ?? ''}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
    signal: leaving.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' as const } : {}),
  });
  try {
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    else await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), outgoing);
  } catch {
    // The client has gone.
    outgoing.destroy();
  }
}
