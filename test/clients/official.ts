import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectMcp } from '@devmesh/mcp/client';
import { Client as SecondEdition } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
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

/** What is used of a client of either edition. */
interface OfficialClient {
  listTools(): Promise<unknown>;
  callTool(call: { readonly name: string; readonly arguments: Record<string, unknown> }): Promise<unknown>;
  readResource(resource: { readonly uri: string }): Promise<unknown>;
}

interface Connected {
  readonly client: OfficialClient;
  readonly close: () => Promise<void>;
}

/** The official client that the product itself uses, in an era of the protocol, over HTTP or WebSocket. */
export function createOfficial({ url, key }: Endpoint, era: 'legacy' | 'auto'): TriedClient {
  const options = { versionNegotiation: { mode: era } };
  return trying(() => connectMcp({ url, key, name: 'official-2', version: '1', options }));
}

/** That client over standard streams. */
export function createOfficialStdio(endpoint: Endpoint, era: 'legacy' | 'auto'): TriedClient {
  return trying(async () => {
    const client = new SecondEdition({ name: 'official-2', version: '1' }, { versionNegotiation: { mode: era } });
    const transport = new StdioClientTransport({ ...bridgeTo(endpoint), stderr: 'pipe' });
    await client.connect(transport);
    return { client, close: () => client.close() };
  });
}

interface FirstEdition {
  readonly Client: new (info: { readonly name: string; readonly version: string }) => OfficialClient & {
    connect(transport: object): Promise<void>;
    close(): Promise<void>;
  };
  readonly StreamableHTTPClientTransport: new (
    url: URL,
    options: { readonly requestInit: { readonly headers: Readonly<Record<string, string>> } },
  ) => object;
  readonly StdioClientTransport: new (program: ReturnType<typeof bridgeTo>) => object;
}

/** The official client of the first edition. */
export function createFirstOfficial(
  { sdk }: FetchedClients,
  endpoint: Endpoint,
  { stdio } = { stdio: false },
): TriedClient {
  const { url, key } = endpoint;
  const load = async (file: string): Promise<unknown> =>
    import(pathToFileURL(join(sdk, 'node_modules/@modelcontextprotocol/sdk/dist/esm/client', file)).href);
  return trying(async () => {
    const { Client } = (await load('index.js')) as Pick<FirstEdition, 'Client'>;
    const { StreamableHTTPClientTransport } = (await load('streamableHttp.js')) as FirstEdition;
    const { StdioClientTransport: FirstStdio } = (await load('stdio.js')) as FirstEdition;
    const client = new Client({ name: 'official-1', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    const overHttp = (): object => new StreamableHTTPClientTransport(new URL(url), { requestInit });
    await client.connect(stdio ? new FirstStdio(bridgeTo(endpoint)) : overHttp());
    return { client, close: () => client.close() };
  });
}

function trying(connect: () => Promise<Connected>): TriedClient {
  const withClient = async <Result>(use: (client: OfficialClient) => Promise<unknown>): Promise<Result> => {
    const { client, close } = await connect();
    try {
      return (await use(client)) as Result;
    } finally {
      await close();
    }
  };
  return {
    tools: async () => (await withClient<Listed>((client) => client.listTools())).tools.map(({ name }) => name),
    call: async (name, values) =>
      textsOf(await withClient<Called>((client) => client.callTool({ name, arguments: { ...values } }))),
    read: async (uri) => textOf(await withClient<Read>((client) => client.readResource({ uri }))),
  };
}
