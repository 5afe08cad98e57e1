import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { WebSocket } from 'ws';

/** A client that makes one call at a time on each of its lanes. */
export interface BenchClient {
  call(lane: number): Promise<void>;
  close(): Promise<void>;
}

const protocolVersion = '2025-06-18';
const initialize = { protocolVersion, capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
const callOf = (name: string) => ({ name, arguments: { text: 'hello' } });
const rpc = (id: number | undefined, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, params });

function checked(text: string): void {
  if (!text.includes('hello') || text.includes('"isError":true'))
    throw new Error(`A call failed: ${text.slice(0, 300)}`);
}

interface Target {
  readonly url: string;
  readonly tool: string;
  readonly key?: string | undefined;
}

/** Speaks Streamable HTTP in a session, over connections that are kept. */
export async function httpClient({ url, tool, key }: Target, lanes: number): Promise<BenchClient> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: lanes, pipelining: 1 });
  let session: string | undefined;
  let ids = 0;
  const post = async (body: string): Promise<string> => {
    const response = await pool.request({
      method: 'POST',
      path: pathname,
      body,
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': protocolVersion,
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`HTTP ${String(response.statusCode)}: ${text.slice(0, 300)}`);
    const given = response.headers['mcp-session-id'];
    if (typeof given === 'string') session = given;
    return text;
  };
  await post(rpc(0, 'initialize', initialize));
  await post(rpc(undefined, 'notifications/initialized', {}));
  return {
    call: async () => {
      ids += 1;
      checked(await post(rpc(ids, 'tools/call', callOf(tool))));
    },
    close: () => pool.destroy(),
  };
}

/** Waits for the answers of requests by their ids. */
function createAnswers() {
  const waiting = new Map<unknown, (text: string) => void>();
  return {
    until: (id: number) =>
      new Promise<string>((resolve) => {
        waiting.set(id, resolve);
      }),
    take: (text: string) => {
      const { id } = JSON.parse(text) as { readonly id?: unknown };
      waiting.get(id)?.(text);
      waiting.delete(id);
    },
  };
}

/** Speaks over one WebSocket a lane. */
export async function webSocketClient({ url, tool, key }: Target, lanes: number): Promise<BenchClient> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const sockets = await Promise.all(
    Array.from({ length: lanes }, async () => {
      const socket = new WebSocket(url, 'mcp', { headers, perMessageDeflate: false });
      const answers = createAnswers();
      socket.on('message', (data: Buffer) => answers.take(data.toString()));
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      const request = (id: number, method: string, params: object): Promise<string> => {
        const answer = answers.until(id);
        socket.send(rpc(id, method, params));
        return answer;
      };
      await request(0, 'initialize', initialize);
      socket.send(rpc(undefined, 'notifications/initialized', {}));
      return { socket, request };
    }),
  );
  let ids = 0;
  return {
    call: async (lane) => {
      ids += 1;
      checked((await sockets[lane]?.request(ids, 'tools/call', callOf(tool))) ?? '');
    },
    close: async () => {
      for (const { socket } of sockets) socket.terminate();
      await Promise.resolve();
    },
  };
}

/** A gateway may listen before it has streams to give. */
async function openStream(pool: Pool, path: string) {
  for (let tries = 0; tries < 150; tries += 1) {
    const answer = await pool.request({ method: 'GET', path, headers: { accept: 'text/event-stream' } });
    if (answer.statusCode === 200) return answer;
    await answer.body.dump();
    await pause(200);
  }
  throw new Error(`There is no stream at ${path}.`);
}

/** Speaks HTTP+SSE of MCP 2024-11-05: one stream for all answers. */
export async function eventClient({ url, tool }: Target, lanes: number): Promise<BenchClient> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: lanes + 1, pipelining: 1 });
  const answers = createAnswers();
  const stream = await openStream(pool, pathname);
  let endpoint: ((path: string) => void) | undefined;
  const told = new Promise<string>((resolve) => {
    endpoint = resolve;
  });
  void (async () => {
    let buffered = '';
    for await (const chunk of stream.body as AsyncIterable<Buffer>) {
      buffered += chunk.toString();
      const events = buffered.split('\n\n');
      buffered = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: ?(.*)$/mu.exec(event)?.[1] ?? '';
        if (event.includes('event: endpoint')) endpoint?.(data);
        else if (data.startsWith('{')) answers.take(data);
      }
    }
  })().catch(() => undefined);
  const address = new URL(await told, origin);
  const path = address.pathname + address.search;
  const post = async (body: string): Promise<void> => {
    const { body: read } = await pool.request({
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json' },
    });
    await read.dump();
  };
  const request = async (id: number, method: string, params: object): Promise<string> => {
    const answer = answers.until(id);
    await post(rpc(id, method, params));
    return answer;
  };
  await request(0, 'initialize', initialize);
  await post(rpc(undefined, 'notifications/initialized', {}));
  let ids = 0;
  // A gateway may listen before it has heard of its server's tools.
  const offered = async (): Promise<string> => request((ids += 1), 'tools/list', {});
  for (let tries = 0; !(await offered()).includes(tool); tries += 1) {
    if (tries === 150) throw new Error(`The tool ${tool} is not offered.`);
    await pause(200);
  }
  return {
    call: async () => {
      ids += 1;
      checked(await request(ids, 'tools/call', callOf(tool)));
    },
    close: () => pool.destroy(),
  };
}
