import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { startMesh, startReference } from './targets.fixture.ts';

const tools = 1_000;
const perSecond = 200;
const warmUpSeconds = 5;
const measuredSeconds = 10;

interface Page {
  readonly result?: { readonly tools: readonly unknown[]; readonly nextCursor?: string };
}

/**
 * Lists of 1,000 tools over HTTP, 200 requests a second whether or not earlier ones have been answered; each request is for a page,
 * and one after the other they go through all pages. Milliseconds from the moment when a request was due to its whole answer.
 */
export async function run(): Promise<Readonly<Record<string, number>>> {
  const reference = await startReference(tools);
  const mesh = await startMesh(reference.url);
  const pool = new Pool(mesh.url, { connections: 64, pipelining: 1 });
  const list = async (cursor: string | undefined): Promise<Page> => {
    const { body, statusCode } = await pool.request({
      method: 'POST',
      path: '/mcp',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${mesh.key}`,
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: (ids += 1), method: 'tools/list', params: { cursor } }),
    });
    const page = (await body.json()) as Page;
    if (statusCode !== 200 || page.result === undefined) throw new Error(JSON.stringify(page).slice(0, 300));
    return page;
  };
  let ids = 0;
  let session: string | undefined;
  try {
    session = await open(pool, mesh.key);
    const cursors: (string | undefined)[] = [undefined];
    let listed = 0;
    for (const cursor of cursors) {
      const { result } = await list(cursor);
      listed += result?.tools.length ?? 0;
      if (result?.nextCursor !== undefined) cursors.push(result.nextCursor);
    }
    const ask = (count: number) => list(cursors[count % cursors.length]);
    await arrive(ask, warmUpSeconds);
    const times = (await arrive(ask, measuredSeconds)).toSorted((one, other) => one - other);
    const at = (share: number): number => Math.round((times[Math.floor(times.length * share)] ?? 0) * 100) / 100;
    return { tools: listed, pages: cursors.length, requests: times.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  } finally {
    await pool.destroy();
    await mesh.close();
    await reference.close();
  }
}

async function open(pool: Pool, key: string): Promise<string> {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'lists', version: '1' } };
  const { headers, body } = await pool.request({
    method: 'POST',
    path: '/mcp',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await body.dump();
  return String(headers['mcp-session-id']);
}

/** Asks at a steady rate; the milliseconds that each took from when it was due. */
async function arrive(ask: (count: number) => Promise<unknown>, seconds: number): Promise<readonly number[]> {
  const startedAt = performance.now();
  const asked: Promise<number>[] = [];
  for (let count = 0; count < seconds * perSecond; count += 1) {
    const dueAt = startedAt + (count * 1_000) / perSecond;
    const wait = dueAt - performance.now();
    if (wait > 1) await pause(wait);
    asked.push(ask(count).then(() => performance.now() - dueAt));
  }
  return Promise.all(asked);
}
