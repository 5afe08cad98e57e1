import { createInterface } from 'node:readline';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

interface Request_ {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly protocolVersion?: string; readonly arguments?: { readonly text?: string } };
}

const inputSchema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };

const count = Number(process.argv[3] ?? 1);
const tools = Array.from({ length: count }, (_none, index) => ({
  name: index === 0 ? 'echo' : `echo_${String(index)}`,
  description: 'Says what it is told.',
  inputSchema,
}));

/** What the server answers: tools that say what they were told, with nothing to do for it. */
function answer({ id, method, params }: Request_): object | undefined {
  if (id === undefined) return undefined;
  return { jsonrpc: '2.0', id, ...outcome(method ?? '', params ?? {}) };
}

function outcome(method: string, params: NonNullable<Request_['params']>): object {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'reference', version: '1.0.0' },
        },
      };
    case 'tools/list':
      return { result: { tools } };
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: params.arguments?.text ?? '' }] } };
    case 'ping':
      return { result: {} };
    default:
      return { error: { code: -32601, message: 'There is no such method.' } };
  }
}

/** Serves MCP on the standard streams. */
function serveStreams(): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const reply = answer(JSON.parse(line) as Request_);
    if (reply !== undefined) process.stdout.write(`${JSON.stringify(reply)}\n`);
  });
}

/** Serves MCP over Streamable HTTP with sessions, and says at which port. */
function serveHttp(): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST') {
        response.writeHead(request.method === 'DELETE' ? 204 : 405).end();
        return;
      }
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Request_;
      const reply = answer(message);
      if (reply === undefined) {
        response.writeHead(202).end();
        return;
      }
      const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...session }).end(JSON.stringify(reply));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.stdout.write(`${String(address?.port)}\n`);
  });
}

if (process.argv[2] === 'http') serveHttp();
else serveStreams();
