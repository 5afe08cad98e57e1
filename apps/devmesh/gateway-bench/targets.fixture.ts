import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@devmesh/api';
import { fetchedPackages, freePort } from '@devmesh/testkit';
import { bundledMain } from '../bundle.fixture.ts';

/** A gateway that runs, in a process of its own, in front of the reference server. */
export interface Running {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

const referenceServer = fileURLToPath(new URL('reference-server.fixture.ts', import.meta.url));
const withTypes = ['--import', import.meta.resolve('tsx')];

/** Flags of Node for the mesh, such as those of its profiler. */
const flags = (): readonly string[] => process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? [];

const peers = { 'mcp-proxy': '6.7.19', supergateway: '4.0.0', 'mcp-hub': '4.2.1' };

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', process.env['BENCH_VERBOSE'] ? 'inherit' : 'ignore'] });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(forced);
}

/** The first match in what a process prints; throws when it ends without. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const found = pattern.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`It ended with ${String(code)}: ${printed.slice(-1_000)}`)));
  });
}

async function untilListening(url: string): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    try {
      await (await fetch(url, { method: 'OPTIONS', signal: AbortSignal.timeout(1_000) })).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
  }
  throw new Error(`Nothing listens at ${url}.`);
}

/** The reference server over Streamable HTTP with so many tools, with nothing in front of it. */
export async function startReference(tools = 1): Promise<Running> {
  const child = start(process.execPath, [...withTypes, referenceServer, 'http', String(tools)]);
  const port = await said(child, /^(\d+)\n/u);
  return { url: `http://127.0.0.1:${port}/mcp`, pid: child.pid ?? 0, close: () => stop(child) };
}

/** One of npm's gateways, in front of the reference server on standard streams. */
export async function startPeer(name: keyof typeof peers): Promise<Running> {
  const folder = fetchedPackages({ [name]: peers[name] });
  const port = await freePort();
  const bin = await realpath(join(folder, 'node_modules/.bin', name));
  const home = await mkdtemp(join(tmpdir(), 'devmesh-peer-'));
  const child = start(process.execPath, [bin, ...(await argumentsOf(name, port, home))]);
  const url = `http://127.0.0.1:${String(port)}/mcp`;
  await untilListening(url);
  return {
    url,
    pid: child.pid ?? 0,
    close: async () => {
      await stop(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function argumentsOf(name: keyof typeof peers, port: number, home: string): Promise<readonly string[]> {
  const command = [process.execPath, ...withTypes, referenceServer];
  switch (name) {
    case 'mcp-proxy':
      return ['--port', String(port), '--server', 'stream', '--', ...command];
    case 'supergateway':
      return [
        '--stdio',
        command.join(' '),
        '--outputTransport',
        'streamableHttp',
        '--stateful',
        '--port',
        String(port),
        '--logLevel',
        'none',
      ];
    case 'mcp-hub': {
      const config = join(home, 'servers.json');
      const [program, ...args] = command;
      await writeFile(config, JSON.stringify({ mcpServers: { reference: { command: program, args } } }));
      return ['--port', String(port), '--config', config];
    }
    default:
      throw new Error(`${String(name)} is not known.`);
  }
}

/** The whole mesh in one process, in front of the reference server over HTTP; `key` is an organization's. */
export async function startMesh(reference: string): Promise<Running & { readonly key: string }> {
  const home = await mkdtemp(join(tmpdir(), 'devmesh-gateway-'));
  const ports = { EDGE_PORT: String(await freePort()), API_PORT: String(await freePort()), MOCK_PORT: '0' };
  const env = {
    ...process.env,
    ...ports,
    DATA_DIR: home,
    HOST: '127.0.0.1',
    REGISTRATION: 'open',
    LOG_LEVEL: 'warn',
    REQUESTS_PER_MINUTE: '1000000',
    ORGANIZATION_REQUESTS_PER_MINUTE: '1000000',
    OUTBOUND_ALLOW_HOSTS: '127.0.0.1',
  };
  const child = start(process.execPath, [...flags(), bundledMain(), 'up'], env);
  const apiUrl = `http://127.0.0.1:${ports.API_PORT}`;
  const edgeUrl = `http://127.0.0.1:${ports.EDGE_PORT}`;
  await untilListening(`${edgeUrl}/ready`);
  const { adminKey } = await createClient({ baseUrl: apiUrl }).identity.registerOrganization({
    body: { slug: 'bench', name: 'Bench' },
  });
  const client = createClient({ baseUrl: apiUrl, key: adminKey.token });
  await client.tools.registerMcp({ body: { name: 'reference', url: reference } });
  return {
    url: edgeUrl,
    key: adminKey.token,
    pid: child.pid ?? 0,
    close: async () => {
      await stop(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}
