import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchedClients } from './fetched-clients.ts';
import {
  bridgeTo,
  textOf,
  textsOf,
  type Called,
  type Endpoint,
  type Listed,
  type Read,
  type TriedClient,
} from './tried-client.ts';

interface Program {
  readonly node: string;
  readonly script: string;
  readonly home: string;
}

const patience = 60_000;

function run({ node, script, home }: Program, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], HOME: home, NO_COLOR: '1', DO_NOT_TRACK: '1' };
    const options = { cwd: home, env, timeout: patience, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(node, [script, ...args], options, (error, out, said) => {
      if (error === null) resolve(out);
      else reject(new Error(`${args.join(' ')} ended badly:\n${out.slice(-1_000)}\n${said.slice(-2_000)}`));
    });
    child.stdin?.end();
  });
}

interface Way {
  /** Whether the client starts what it talks to. */
  readonly stdio: boolean;
}

/** MCP Inspector without its window, in one of the eras of the protocol that it knows. */
export function createInspector(
  { inspector, node }: FetchedClients,
  endpoint: Endpoint,
  { era, stdio }: Way & { readonly era: 'legacy' | 'modern' },
): TriedClient {
  const { url, key, home } = endpoint;
  const script = join(inspector, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  const config = join(home, 'inspector.json');
  const overHttp = ['--server-url', url, '--transport', 'http', '--header', `Authorization: Bearer ${key}`];
  const where = stdio ? ['--config', config, '--server', 'mesh'] : overHttp;
  const ask = async <Result>(method: string, ...args: readonly string[]): Promise<Result> => {
    const rest = ['--protocol-era', era, '--format', 'json', '--quiet', '--method', method, ...args];
    if (stdio) await writeFile(config, JSON.stringify({ mcpServers: { mesh: bridgeTo(endpoint) } }));
    const out = await run({ node, script, home }, ['--cli', ...where, ...rest]);
    return (JSON.parse(out) as { readonly result: Result }).result;
  };
  return {
    tools: async () => (await ask<Listed>('tools/list')).tools.map(({ name }) => name),
    call: async (name, values) =>
      textsOf(await ask<Called>('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(values))),
    read: async (uri) => textOf(await ask<Read>('resources/read', '--uri', uri)),
  };
}

/** mcporter, which knows its servers by a file. */
export function createMcporter(
  { mcporter, node }: FetchedClients,
  endpoint: Endpoint,
  { stdio }: Way = { stdio: false },
): TriedClient {
  const { url, key, home } = endpoint;
  const script = join(mcporter, 'node_modules/mcporter/dist/cli.js');
  const config = join(home, 'mcporter.json');
  const mesh = stdio ? bridgeTo(endpoint) : { baseUrl: url, headers: { Authorization: `Bearer ${key}` } };
  const print = async (...args: readonly string[]): Promise<string> => {
    await writeFile(config, JSON.stringify({ mcpServers: { mesh }, imports: [] }));
    return run({ node, script, home }, ['--config', config, ...args]);
  };
  const ask = async <Result>(...args: readonly string[]): Promise<Result> => JSON.parse(await print(...args)) as Result;
  return {
    tools: async () => (await ask<Listed>('list', 'mesh', '--json', '--no-oauth')).tools.map(({ name }) => name),
    call: async (name, values) => {
      const call = ['call', `mesh.${name}`, '--args', JSON.stringify(values)];
      return (await print(...call, '--output', 'text', '--no-oauth')).trimEnd();
    },
    read: async (uri) => (await print('resource', 'mesh', uri, '--output', 'text', '--no-oauth')).trimEnd(),
  };
}
