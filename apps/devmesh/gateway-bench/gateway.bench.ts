import { eventClient, httpClient, webSocketClient, type BenchClient } from './clients.fixture.ts';
import { load, settle } from './load.fixture.ts';
import { startMesh, startPeer, startReference, type Running } from './targets.fixture.ts';

type Figures = Record<string, number | string>;

const lanes = [1, 16, 64];
const lanesToSettle = 16;

/**
 * Calls of one tool that has nothing to do: directly, through the mesh over HTTP and over WebSocket with authentication, policy, audit
 * and metrics on, and through npm's gateways without any of these, each in a process of its own; calls a second, p50 and p95 in
 * milliseconds, and milliseconds of the gateway's processor a call (of the whole platform where the mesh is one process).
 */
export async function run(): Promise<Figures> {
  const only = process.env['BENCH_ONLY'];
  const reference = await startReference();
  const figures: Figures = {};
  const measure = async (name: string, running: Running, connect: (lanes: number) => Promise<BenchClient>) => {
    const settling = await connect(lanesToSettle);
    await settle(settling, lanesToSettle);
    await settling.close();
    for (const count of lanes) {
      const client = await connect(count);
      const { perSecond, p50, p95, cpuPerCall } = await load(client, count, running.pid);
      await client.close();
      const title = `${name}, ${String(count)} at once`;
      figures[`${title}: calls/s`] = Math.round(perSecond);
      figures[`${title}: p50`] = rounded(p50);
      figures[`${title}: p95`] = rounded(p95);
      figures[`${title}: CPU ms/call`] = rounded(cpuPerCall);
    }
  };
  const chosen = (name: string): boolean => only === undefined || name.includes(only);
  try {
    if (chosen('direct'))
      await measure('direct', reference, (count) => httpClient({ url: reference.url, tool: 'echo' }, count));
    if (chosen('mesh')) await measureMesh(reference.url, measure);
    for (const name of ['mcp-proxy', 'supergateway', 'mcp-hub'] as const) {
      if (!chosen(name)) continue;
      const peer = await startPeer(name);
      const tool = name === 'mcp-hub' ? 'reference__echo' : 'echo';
      const connect = name === 'mcp-hub' ? eventClient : httpClient;
      try {
        await measure(name, peer, (count) => connect({ url: peer.url, tool }, count));
      } finally {
        await peer.close();
      }
    }
  } finally {
    await reference.close();
  }
  return { ...figures, ...ratios(figures) };
}

type Measure = (name: string, running: Running, connect: (lanes: number) => Promise<BenchClient>) => Promise<void>;

async function measureMesh(reference: string, measure: Measure): Promise<void> {
  const mesh = await startMesh(reference);
  const target = { tool: 'reference_echo', key: mesh.key };
  try {
    await measure('mesh over HTTP', mesh, (count) => httpClient({ ...target, url: `${mesh.url}/mcp` }, count));
    const url = `${mesh.url.replace('http', 'ws')}/ws`;
    await measure('mesh over WebSocket', mesh, (count) => webSocketClient({ ...target, url }, count));
  } finally {
    await mesh.close();
  }
}

function ratios(figures: Figures): Figures {
  const of = (name: string): number => Number(figures[`${name}, 16 at once: calls/s`] ?? Number.NaN);
  const found = ['direct', 'mcp-proxy', 'supergateway', 'mcp-hub'].map((name) => [
    name,
    of('mesh over HTTP') / of(name),
  ]);
  return Object.fromEntries(
    found
      .filter(([, ratio]) => Number.isFinite(ratio))
      .map(([name, ratio]) => [`mesh over HTTP / ${String(name)}`, rounded(Number(ratio))]),
  );
}

function rounded(figure: number): number {
  return Math.round(figure * 1_000) / 1_000;
}
