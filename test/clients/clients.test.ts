import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from '../mesh/mesh.ts';
import { startUpstream, type UpstreamServer } from '../mesh/upstream-server.fixture.ts';
import { fetchClients, type FetchedClients } from './fetched-clients.ts';
import { createFirstOfficial, createOfficial, createOfficialStdio } from './official.ts';
import { createInspector, createMcporter } from './programs.ts';
import type { Endpoint, TriedClient } from './tried-client.ts';

const patience = 60_000;
const wanted = process.env['MCP_CLIENTS'] !== undefined;

type Build = (fetched: FetchedClients, endpoint: Endpoint) => TriedClient;

const clients: readonly (readonly [string, Build])[] = [
  ['the official client 1.x', createFirstOfficial],
  ['the official client 2.x with a session', (_fetched, endpoint) => createOfficial(endpoint, 'legacy')],
  ['the official client 2.x without', (_fetched, endpoint) => createOfficial(endpoint, 'auto')],
  [
    'the official client 2.x over WebSocket',
    (_fetched, endpoint) =>
      createOfficial({ ...endpoint, url: endpoint.url.replace(/^http(.*)\/mcp/u, 'ws$1/ws') }, 'legacy'),
  ],
  [
    'MCP Inspector with a session',
    (fetched, endpoint) => createInspector(fetched, endpoint, { era: 'legacy', stdio: false }),
  ],
  ['MCP Inspector without', (fetched, endpoint) => createInspector(fetched, endpoint, { era: 'modern', stdio: false })],
  ['mcporter', createMcporter],
  [
    'the official client 1.x over stdio',
    (fetched, endpoint) => createFirstOfficial(fetched, endpoint, { stdio: true }),
  ],
  [
    'the official client 2.x over stdio with a session',
    (_fetched, endpoint) => createOfficialStdio(endpoint, 'legacy'),
  ],
  ['the official client 2.x over stdio without', (_fetched, endpoint) => createOfficialStdio(endpoint, 'auto')],
  [
    'MCP Inspector over stdio with a session',
    (fetched, endpoint) => createInspector(fetched, endpoint, { era: 'legacy', stdio: true }),
  ],
  [
    'MCP Inspector over stdio without',
    (fetched, endpoint) => createInspector(fetched, endpoint, { era: 'modern', stdio: true }),
  ],
  ['mcporter over stdio', (fetched, endpoint) => createMcporter(fetched, endpoint, { stdio: true })],
];

describe.skipIf(!wanted)('clients of others (skipped where not run by `npm run clients`, which fetches them)', () => {
  let fetched: FetchedClients;
  let world: TestMesh;
  let upstream: UpstreamServer;
  let key: string;
  let home: string;
  beforeAll(async () => {
    fetched = fetchClients();
    home = await mkdtemp(join(tmpdir(), 'devmesh-clients-'));
    world = await openTestMesh();
    upstream = await startUpstream();
    const { client, key: adminKey } = await world.register();
    key = adminKey;
    await client.tools.registerMcp({ body: { name: 'notes', url: upstream.url } });
    const include = [{ service: 'notes' }];
    await client.toolSets.putToolSet({
      params: { name: 'notes' },
      body: { title: 'Notes', include, unprefixed: true },
    });
  }, patience);
  afterAll(async () => {
    await world.close();
    await upstream.close();
    await rm(home, { recursive: true, force: true });
  });

  const at = (path: string): Endpoint => ({ url: `${world.mesh.edgeUrl}${path}`, key, home });

  it.each(clients)(
    '%s lists and calls tools, and reads resources [mcp.real-clients]',
    async (_name, build) => {
      const client = build(fetched, at('/mcp'));
      const tools = await client.tools();
      expect(tools.some((name) => /^devmesh[._]task[._]create$/u.test(name))).toBe(true);
      expect(tools).toContain('notes_add');
      expect(await client.call('notes_add', { a: 2, b: 3 })).toBe('5');
      expect(await client.read('devmesh+notes:note://today')).toBe('first');
      expect(JSON.parse(await client.read('devmesh://system/health'))).toMatchObject({ status: expect.any(String) });
    },
    patience,
  );

  it.each(clients)(
    '%s finds in a tool set what its server has, as that calls it [mcp.real-clients]',
    async (_name, build) => {
      const client = build(fetched, at('/mcp/sets/notes'));
      expect(await client.tools()).toContain('add');
      expect(await client.call('add', { a: 2, b: 3 })).toBe('5');
      expect(await client.read('note://today')).toBe('first');
    },
    patience,
  );

  // Inspector, held to a revision, says of a server that refuses to begin only that it did not offer that revision.
  it.each(clients.filter(([name]) => name !== 'MCP Inspector over stdio without'))(
    '%s is told why where its key is not taken [mcp.real-clients]',
    async (_name, build) => {
      const client = build(fetched, { ...at('/mcp'), key: 'dm_admin_nobody' });
      await expect(client.tools()).rejects.toThrow(/401|unauthori|auth_required|no key that is known/iu);
    },
    patience,
  );
});
