import { readFile } from 'node:fs/promises';
import { MeshError, untilSignal, version } from '@devmesh/foundation';
import { bridgeStdio } from '@devmesh/mcp/stdio';
import { defineCommand } from 'citty';

/** `devmesh mcp`: an MCP server on standard streams, which is the mesh's. */
export const mcp = defineCommand({
  meta: {
    name: 'mcp',
    description: 'Be an MCP server on standard input and output, for clients that start one: the gateway of a mesh',
  },
  args: {
    url: { type: 'string', description: 'Address of the gateway; default DEVMESH_MCP_URL or http://localhost:8080' },
    set: { type: 'string', description: 'The tool set whose tools alone are offered' },
    names: { type: 'string', description: 'How tools are named: underscored (default) or dotted' },
    mode: { type: 'string', description: 'What kind of client it is for: claude-code, ide, agent or standard' },
    'key-file': { type: 'string', description: 'A file with the API key; default DEVMESH_KEY' },
    'print-config': { type: 'boolean', description: 'Print what goes into the configuration of clients, and end' },
  },
  run: async ({ args }) => {
    const url = readEndpoint(args);
    if (args['print-config'] === true) {
      console.log(clientConfig(args));
      return;
    }
    const ending = new AbortController();
    const bridged = bridgeStdio({
      input: process.stdin,
      output: process.stdout,
      url: url.href,
      headers: { authorization: `Bearer ${await readKey(args['key-file'])}`, 'user-agent': `devmesh-mcp/${version}` },
      onChange: (sentence) => console.error(`devmesh mcp: ${sentence}`),
      signal: ending.signal,
    });
    void untilSignal(async () => {
      ending.abort();
      await bridged;
    });
    const failure = await bridged;
    // Input that nobody closes would keep the process.
    process.stdin.destroy();
    if (failure !== undefined) throw failure;
  },
});

interface Chosen {
  readonly url?: string | undefined;
  readonly set?: string | undefined;
  readonly names?: string | undefined;
  readonly mode?: string | undefined;
}

/** The WebSocket endpoint that the options name; an address of `/mcp` is that of `/ws` beside it. */
export function readEndpoint({ url: given, set, names = 'underscored', mode }: Chosen): URL {
  const text = given ?? process.env['DEVMESH_MCP_URL'] ?? 'http://localhost:8080';
  if (!URL.canParse(text) || !/^(?:http|ws)s?:$/u.test(new URL(text).protocol)) {
    const sentence = `"${text}" is not the address of a gateway: give --url or DEVMESH_MCP_URL as http://host:port.`;
    throw new MeshError('invalid_request', sentence);
  }
  const url = new URL(text.replace(/^http/u, 'ws'));
  const path = url.pathname.replace(/\/+$/u, '').replace(/\/mcp(?=\/|$)/u, '/ws');
  url.pathname = /\/ws(?:\/|$)/u.test(path) ? path : `${path}/ws`;
  if (set !== undefined) url.pathname += `/sets/${encodeURIComponent(set)}`;
  if (!url.searchParams.has('names')) url.searchParams.set('names', names);
  if (mode !== undefined) url.searchParams.set('mode', mode);
  return url;
}

async function readKey(file: string | undefined): Promise<string> {
  const key = (file === undefined ? (process.env['DEVMESH_KEY'] ?? '') : await readFile(file, 'utf8')).trim();
  if (key === '') throw new MeshError('unauthenticated', 'There is no key: set DEVMESH_KEY, or give --key-file.');
  return key;
}

/** Those of this process, with modules by their addresses: whoever starts it does so in a folder of its own. */
function nodeOptions(): readonly string[] {
  return process.execArgv.map((word, at, all) => (all[at - 1] === '--import' ? import.meta.resolve(word) : word));
}

/** What starts this program as it was started now. */
export function clientConfig({ url, set, names, mode }: Chosen): string {
  const options = Object.entries({ url, set, names, mode }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const args = [...nodeOptions(), process.argv[1] ?? 'devmesh', 'mcp', ...options];
  const program = { command: process.execPath, args, env: { DEVMESH_KEY: 'dm_…' } };
  return JSON.stringify({ mcpServers: { devmesh: program } }, null, 2);
}
