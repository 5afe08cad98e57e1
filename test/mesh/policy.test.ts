import { allOperations, createClient, platformTools, type Client } from '@devmesh/api';
import { demoToken } from '@devmesh/mockserver';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

const policies = `@id("all") permit(principal, action, resource);
@id("gateways-read") forbid(principal in KeyType::"gateway", action, resource) unless { resource in Effect::"read" };
@id("no-repositories") forbid(principal in KeyType::"gateway", action, resource in Feature::"knowledge");
@id("no-agents") forbid(principal in KeyType::"gateway", action, resource == Operation::"agents.list");
@id("no-secret-titles") forbid(principal, action == Action::"call", resource in Service::"acme")
when { context.arguments.hasTag("title") && context.arguments.getTag("title") like "*secret*" };
@id("no-urgent-tasks") forbid(principal, action, resource == Operation::"tasks.create")
when { context.numbers.hasTag("priority") && context.numbers.getTag("priority") > 8 };`;

const nobody = '01900000-0000-7000-8000-000000000000';

describe('policies of an organization, through every door', () => {
  let world: TestMesh;
  let admin: Client;
  let adminKey: string;
  let gateway: Client;
  let gatewayKey: string;
  let organizationId: string;
  beforeAll(async () => {
    world = await openTestMesh();
    ({ client: admin, key: adminKey, organizationId } = await world.register());
    await admin.tools.importTool({
      body: {
        name: 'acme',
        url: `${world.mesh.mockUrl}/openapi.json`,
        credential: { kind: 'bearer', token: demoToken },
      },
    });
    gatewayKey = (await admin.identity.createKey({ body: { name: 'ide', type: 'gateway' } })).token;
    gateway = createClient({ baseUrl: world.mesh.apiUrl, key: gatewayKey });
    await admin.policy.set({ body: { text: policies, expectedRevision: 0 } });
  });
  afterAll(() => world.close());

  const connect = (key: string): Promise<McpConnection> =>
    connectMcp({ url: `${world.mesh.edgeUrl}/mcp`, key, name: 'test', version: '1' });
  const toolsOf = async (key: string): Promise<readonly string[]> => {
    const { client, close } = await connect(key);
    const { tools } = await client.listTools();
    await close();
    return tools.map(({ name }) => name);
  };
  const denied = (rule: string, reason = 'policy_forbids') => ({ code: 'forbidden', denial: { reason, rule } });

  it('list over MCP exactly what a call is let through for, of services and of the platform [policy.one-decision]', async () => {
    const { client: adminClient, close: closeAdmin } = await connect(adminKey);
    const { tools } = await adminClient.listTools();
    await closeAdmin();
    const listed = await toolsOf(gatewayKey);
    expect(tools.length).toBeGreaterThan(listed.length);
    expect(listed).toContain('acme_listIssues');
    const { client, close } = await connect(gatewayKey);
    for (const { name, inputSchema } of tools) {
      const ids = (inputSchema.required ?? []).filter((field) => field.endsWith('Id')).map((field) => [field, nobody]);
      const { isError, content } = await client.callTool({ name, arguments: Object.fromEntries(ids) });
      const text = (content as { text?: string }[])[0]?.text ?? '';
      // What is let through may still want other arguments.
      expect([name, isError === true && text.startsWith('forbidden')]).toEqual([name, !listed.includes(name)]);
    }
    await close();
  });

  it('list the operations that calls are let through for over the API, and the gateway follows that list', async () => {
    const { operations } = await gateway.policy.allowed();
    expect(operations).toContain('tasks.list');
    for (const id of ['agents.list', 'knowledge.search', 'identity.createKey']) expect(operations).not.toContain(id);
    const own = platformTools.filter(({ operation }) => operations.includes(operation.id));
    const shown = (await toolsOf(gatewayKey)).filter((name) => name.startsWith('devmesh_'));
    expect(shown).toEqual(own.map(({ name }) => name.replaceAll('.', '_')));
    const plain = allOperations.filter(({ method, path, stream, scope }) => {
      return method === 'GET' && !path.includes('{') && stream !== true && scope !== 'public';
    });
    for (const operation of plain) {
      const denial = await gateway.call(operation, { query: {} }).then(
        () => undefined,
        (error: unknown) => (error as { denial?: unknown }).denial,
      );
      expect([operation.id, denial === undefined]).toEqual([operation.id, operations.includes(operation.id)]);
    }
  });

  it('hide resources that they forbid, and do not let them be read or subscribed to', async () => {
    const { client, close } = await connect(gatewayKey);
    const { resources } = await client.listResources();
    const uris = resources.map(({ uri }) => uri);
    expect(uris).toContain(`devmesh://tasks/${organizationId}`);
    const hidden = `devmesh://agents/${organizationId}`;
    expect(uris).not.toContain(hidden);
    await expect(client.readResource({ uri: hidden })).rejects.toThrow(/no resource/u);
    await expect(client.subscribeResource({ uri: hidden })).rejects.toThrow(/no resource/u);
    await close();
  });

  it('look into arguments over REST and over MCP alike, and put each denial on record with its rule', async () => {
    const call = (title: string) =>
      admin.tools.callTool({ params: { name: 'acme_createIssue' }, body: { arguments: { title } } });
    await expect(call('the secret plan')).rejects.toMatchObject(denied('no-secret-titles'));
    expect((await call('the open plan')).isError).toBe(false);
    const { client, close } = await connect(adminKey);
    const overMcp = await client.callTool({ name: 'acme_createIssue', arguments: { title: 'secret' } });
    expect(overMcp).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('no-secret-titles') }] });
    const task = { title: 'T', capability: 'code', priority: 9 };
    const urgent = await client.callTool({ name: 'devmesh_task_create', arguments: task });
    expect(urgent).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('no-urgent-tasks') }] });
    await close();
    await expect(admin.tasks.createTask({ body: task })).rejects.toMatchObject(denied('no-urgent-tasks'));
    await admin.tasks.createTask({ body: { ...task, priority: 8 } });
    const told = [
      ['tools.call', 'no-secret-titles'],
      ['tasks.create', 'no-urgent-tasks'],
    ] as const;
    for (const [action, rule] of told) {
      const { items } = await admin.audit.list({ query: { action } });
      const lines = items.filter(({ outcome, rule: named }) => outcome === 'denied' && named === `policy:${rule}`);
      expect([action, lines.length]).toEqual([action, 2]);
    }
  });

  it('are explained, with the same answer as the call gets [policy.explains]', async () => {
    const name = 'acme_createIssue';
    expect(await admin.policy.explain({ body: { name } })).toMatchObject({
      allowed: true,
      reason: 'may_depend_on_arguments',
    });
    expect(await admin.policy.explain({ body: { name, arguments: { title: 'secret' } } })).toMatchObject({
      allowed: false,
      rule: 'no-secret-titles',
    });
    expect(await gateway.policy.explain({ body: { name: 'devmesh_agent_list' } })).toMatchObject({
      allowed: false,
      reason: 'policy_forbids',
      rule: 'no-agents',
    });
    await expect(gateway.policy.explain({ body: { name, as: { role: 'owner' } } })).rejects.toMatchObject({
      code: 'forbidden',
    });
    const { items } = await admin.identity.listKeys({ query: {} });
    const key = items.find(({ type }) => type === 'gateway');
    expect(await admin.policy.explain({ body: { name, as: { keyId: key?.id ?? '' } } })).toMatchObject({
      allowed: false,
      rule: 'gateways-read',
    });
    const foreign = (await world.register()).client;
    const asForeign = (keyId: string) => foreign.policy.explain({ body: { name: 'tasks.list', as: { keyId } } });
    await expect(asForeign(key?.id ?? '')).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no key ${key?.id ?? ''}.`,
    });
    await expect(asForeign(nobody)).rejects.toMatchObject({ code: 'not_found', message: `There is no key ${nobody}.` });
  });

  it('are joined by feature flags, which close a service for some', async () => {
    const params = { flag: 'issue-tracker' };
    await admin.flags.set({
      params,
      body: { targeting: [{ keyTypes: ['admin'], variant: 'on' }], gates: ['service:acme'] },
    });
    const shown = async () => (await toolsOf(gatewayKey)).filter((name) => name.startsWith('acme_'));
    // The gateway hears of a change by the feed.
    await expect.poll(shown).toEqual([]);
    const call = gateway.tools.callTool({ params: { name: 'acme_listIssues' }, body: { arguments: {} } });
    await expect(call).rejects.toMatchObject(denied('issue-tracker', 'flag_off'));
    expect(await toolsOf(adminKey)).toContain('acme_listIssues');
    expect((await gateway.flags.evaluate()).items).toMatchObject([
      { key: 'issue-tracker', value: false, reason: 'DEFAULT' },
    ]);
    await admin.flags.remove({ params });
    await expect.poll(shown).toContain('acme_listIssues');
  });

  it('cannot be used to lock their writers out', async () => {
    const { client: owner } = await world.register();
    const text = '@id("all") permit(principal, action, resource); @id("stop") forbid(principal, action, resource);';
    await owner.policy.set({ body: { text, expectedRevision: 0 } });
    await expect(owner.tasks.listTasks({ query: {} })).rejects.toMatchObject(denied('stop'));
    const { revision } = await owner.policy.get();
    await expect(owner.policy.set({ body: { text: '', expectedRevision: 0 } })).rejects.toMatchObject({
      code: 'conflict',
    });
    await owner.policy.set({ body: { text: '', expectedRevision: revision } });
    expect((await owner.tasks.listTasks({ query: {} })).items).toEqual([]);
    expect((await owner.policy.history({ query: {} })).items.map((version) => version.revision)).toEqual([2, 1]);
  });
});
