import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@devmesh/api';
import { createEdge, openCommands } from '@devmesh/edge-mcp';
import { silentTelemetry } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

type Run = Parameters<Client['commands']['start']>[0]['body'];

interface RunResult {
  readonly isError?: boolean;
  readonly structuredContent?: Record<string, unknown>;
  readonly content: readonly { readonly text?: string }[];
}

const tools = ['devmesh.commands.run', 'devmesh.commands.policy'];

describe('commands on the host of a gateway', () => {
  let world: TestMesh;
  let edge: HttpService;
  let jail: string;
  let served: Awaited<ReturnType<TestMesh['register']>>;
  const open: McpConnection[] = [];
  beforeAll(async () => {
    world = await openTestMesh();
    served = await world.register();
    jail = realpathSync(mkdtempSync(join(tmpdir(), 'devmesh-commands-')));
    writeFileSync(join(jail, 'file.txt'), 'needle\n');
    const commands = await openCommands({
      COMMANDS_ROOT: jail,
      COMMANDS_ORGANIZATIONS: [served.organizationId],
      COMMANDS_POLICY: undefined,
      COMMANDS_SECONDS: 60,
      COMMANDS_AT_ONCE: 4,
    });
    edge = createEdge({
      host: '127.0.0.1',
      port: 0,
      platformUrl: world.mesh.apiUrl,
      allowedOrigins: [],
      gateway: 'north',
      commands,
      telemetry: silentTelemetry,
    });
    await edge.start();
  }, 60_000);
  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await edge.stop();
    await world.close();
    rmSync(jail, { recursive: true });
  });

  const connect = async (key: string, url = edge.address().url): Promise<McpConnection['client']> => {
    const connection = await connectMcp({ url: `${url.replace('http', 'ws')}/ws`, key, name: 'test', version: '1' });
    open.push(connection);
    return connection.client;
  };
  const listed = async (client: McpConnection['client']): Promise<string[]> =>
    (await client.listTools()).tools.map(({ name }) => name).filter((name) => name.startsWith('devmesh.commands.'));
  const run = async (client: McpConnection['client'], args: Record<string, unknown>): Promise<RunResult> =>
    (await client.callTool({ name: 'devmesh.commands.run', arguments: args })) as RunResult;
  const trail = async (client: Client, action: string) => (await client.audit.list({ query: { action } })).items;

  it('run for those whom the operator lets, and their start and end are audited without secrets [edge.commands-jailed]', async () => {
    const client = await connect(served.key);
    expect(await listed(client)).toEqual(tools);
    const refused = await run(client, { command: 'cat', args: ['file.txt', '/etc/passwd'] });
    expect(refused.isError).toBe(true);
    expect(refused.content[0]?.text).toContain('leads out of the jail');
    expect(await trail(served.client, 'commands.start')).toEqual([]);
    const { structuredContent } = await run(client, {
      command: 'ls',
      args: ['-1', 'file.txt', 'token=hunter2hunter2'],
    });
    expect(structuredContent).toMatchObject({ ended: 'exited', exitCode: 2, stdout: 'file.txt\n', truncated: false });
    const [start] = await trail(served.client, 'commands.start');
    const [end] = await trail(served.client, 'commands.end');
    expect(start).toMatchObject({ subject: 'devmesh.commands.ls', outcome: 'allowed' });
    expect(start?.detail).toMatchObject({ cwd: jail, gateway: 'north' });
    expect(start?.detail['arguments']).toEqual(['-1', 'file.txt', 'token=[redacted]']);
    expect(end?.detail).toMatchObject({ ended: 'exited', exitCode: 2, stdoutBytes: 9, runId: start?.detail['runId'] });
    expect(end?.outcome).toBe('failed');
  });

  it('are nowhere where nobody configured them, and for no other organization [edge.commands-jailed]', async () => {
    expect(await listed(await connect(served.key, world.mesh.edgeUrl))).toEqual([]);
    const other = await connect((await world.register()).key);
    expect(await listed(other)).toEqual([]);
    expect(await run(other, { command: 'ls' })).toMatchObject({ isError: true });
    expect(await trail(served.client, 'commands.start')).toHaveLength(1);
  });

  it('are those that the policies of the organization permit; a denial is on record and runs nothing [edge.commands-jailed]', async () => {
    const { client, key, organizationId } = served;
    const text = `@id("all") permit(principal, action, resource);
      @id("no-cat") forbid(principal, action, resource == Tool::"devmesh.commands.cat");
      @id("no-secrets") forbid(principal, action, resource in Service::"devmesh.commands")
      when { context.arguments.hasTag("args.0") && context.arguments.getTag("args.0") == "-R" };`;
    await client.policy.set({ body: { text, tests: [], expectedRevision: 0 } });
    const mcp = await connect(key);
    const policy = (await mcp.callTool({ name: 'devmesh.commands.policy', arguments: {} })) as RunResult;
    const names = ((policy.structuredContent?.['commands'] ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names).toContain('ls');
    expect(names).not.toContain('cat');
    for (const asked of [
      { command: 'cat', args: ['file.txt'] },
      { command: 'ls', args: ['-R'] },
    ]) {
      const denied = await run(mcp, asked);
      expect(denied).toMatchObject({ isError: true });
      expect(denied.content[0]?.text).toContain('forbidden');
    }
    const denials = (await trail(client, 'commands.start')).filter(({ outcome }) => outcome === 'denied');
    expect(denials.map(({ rule }) => rule)).toEqual(['policy:no-secrets', 'policy:no-cat']);
    expect(organizationId).toBe((await client.identity.whoAmI()).organization.id);
  });

  it('end once, and only under the key that started them', async () => {
    const { client } = served;
    const body1: Run = { command: 'ls', effect: 'read', gateway: 'g', args: [], cwd: jail, isolation: 'sandbox' };
    const { runId } = await client.commands.start({ body: body1 });
    const { token } = await client.identity.createKey({ body: { name: 'other', type: 'user' } });
    const other = createClient({ baseUrl: world.mesh.apiUrl, key: token });
    const body = { ended: 'exited', exitCode: 0, durationMilliseconds: 1, stdoutBytes: 0, stderrBytes: 0 } as const;
    await expect(other.commands.end({ params: { runId }, body })).rejects.toMatchObject({ code: 'not_found' });
    await client.commands.end({ params: { runId }, body });
    await expect(client.commands.end({ params: { runId }, body })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('tell in the health of the gateway what holds them', async () => {
    const health = (await (await fetch(`${edge.address().url}/health`)).json()) as { commands: { isolation: string } };
    expect(['sandbox', 'process']).toContain(health.commands.isolation);
  });

  it('tell of their progress while they run', async () => {
    const told: number[] = [];
    writeFileSync(join(jail, 'slow.test.mjs'), `await new Promise((done) => setTimeout(done, 900));`);
    const client = await connect(served.key);
    const { tools: all } = await client.listTools();
    const schema = all.find(({ name }) => name === tools[0])?.inputSchema.properties?.['command'] as { enum: string[] };
    // Where there is no sandbox, what runs code of the jail is not offered.
    if (!schema.enum.includes('node')) return;
    const call = { name: 'devmesh.commands.run', arguments: { command: 'node', args: ['slow.test.mjs'] } };
    const result = await client.callTool(call, { onprogress: ({ progress }) => told.push(progress) });
    expect(result.structuredContent).toMatchObject({ ended: 'exited', exitCode: 0 });
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });
});
