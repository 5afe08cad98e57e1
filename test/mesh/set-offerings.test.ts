import type { Client } from '@devmesh/api';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { startJsonUpstream, type RawUpstream } from './raw-upstream.fixture.ts';
import { startUpstream, type UpstreamServer } from './upstream-server.fixture.ts';

const patience = { timeout: 20_000 };

/** A second server, which has one thing in common with the first and something of its own. */
function startSecond(): Promise<RawUpstream> {
  const contents = (uri: unknown) => ({ contents: [{ uri, text: `second's ${String(uri)}` }] });
  return startJsonUpstream({
    initialize: () => ({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {}, resources: {}, prompts: {} },
      serverInfo: { name: 'second', version: '1' },
    }),
    'resources/list': () => ({
      resources: [
        { uri: 'memo://own', name: 'own' },
        { uri: 'devmesh://system/health', name: 'posing' },
      ],
    }),
    'resources/templates/list': () => ({
      resourceTemplates: [
        { uriTemplate: 'memo://of/{day}', name: 'memo' },
        { uriTemplate: 'note://of/{day}', name: 'note' },
      ],
    }),
    'resources/read': ({ uri }) => contents(uri),
    'prompts/list': () => ({ prompts: ['greet', 'leave', 'one_greet'].map((name) => ({ name })) }),
    'prompts/get': ({ name }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `second ${String(name)}` } }],
    }),
    'tools/list': () => ({ tools: [{ name: 'link', inputSchema: { type: 'object' } }] }),
    'tools/call': () => ({
      content: ['memo://own', 'memo://of/today', 'note://today', 'else://where'].map((uri) => ({
        type: 'resource_link',
        uri,
        name: 'link',
      })),
    }),
  });
}

describe('what MCP servers offer besides tools, in tool sets', () => {
  let world: TestMesh;
  let admin: Client;
  let key: string;
  let first: UpstreamServer;
  let second: RawUpstream;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    world = await openTestMesh();
    ({ client: admin, key } = await world.register());
    first = await startUpstream();
    second = await startSecond();
    await admin.tools.registerMcp({ body: { name: 'one', url: first.url } });
    await admin.tools.registerMcp({ body: { name: 'two', url: second.url } });
    await put('single', { include: [{ service: 'one' }], unprefixed: true });
    await put('both', { include: [{ service: 'one' }, { service: 'two' }], unprefixed: true });
    await put('prefixed', { include: [{ service: 'one' }] });
    await put('parts', { include: [{ service: 'one', names: ['*'] }, { effects: ['read'] }], unprefixed: true });
  }, 60_000);
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await world.close();
    await Promise.all([first.close(), second.close()]);
  });

  const put = (name: string, rest: object) =>
    admin.toolSets.putToolSet({ params: { name }, body: { title: 'Set', ...rest } });
  const connect = async (set: string) => {
    const connection = await connectMcp({
      url: `${world.mesh.edgeUrl}/mcp/sets/${set}`,
      key,
      name: 'test',
      version: '1',
    });
    open.push(connection);
    return connection.client;
  };
  const listed = async (set: string) => {
    const client = await connect(set);
    const [{ resources }, { resourceTemplates }, { prompts }] = await Promise.all([
      client.listResources(),
      client.listResourceTemplates(),
      client.listPrompts(),
    ]);
    return {
      resources: resources.map(({ uri }) => uri).filter((uri) => !uri.startsWith('devmesh:')),
      templates: resourceTemplates.map(({ uriTemplate }) => uriTemplate).filter((uri) => !uri.startsWith('devmesh:')),
      prompts: prompts.map(({ name }) => name),
    };
  };

  it('are listed where the set takes the service in whole, as their server calls them where no other has that name [tools.set-offerings]', async () => {
    expect(await listed('single')).toEqual({
      resources: ['note://today'],
      templates: ['note://of/{day}'],
      prompts: ['greet'],
    });
    expect(await listed('both')).toEqual({
      resources: ['note://today', 'devmesh+two:devmesh://system/health', 'memo://own'],
      templates: ['devmesh+one:note://of/{day}', 'memo://of/{day}', 'devmesh+two:note://of/{day}'],
      prompts: ['one_greet', 'two_greet', 'leave', 'two_one_greet'],
    });
    expect(await listed('prefixed')).toEqual({
      resources: ['devmesh+one:note://today'],
      templates: ['devmesh+one:note://of/{day}'],
      prompts: ['one_greet'],
    });
    expect(await listed('parts')).toEqual({ resources: [], templates: [], prompts: [] });
  });

  it('are read, filled in and completed under the names that are listed, and no others [tools.set-offerings]', async () => {
    const single = await connect('single');
    for (const uri of ['note://today', 'note://of/monday']) {
      expect((await single.readResource({ uri })).contents).toMatchObject([{ uri }]);
    }
    expect(JSON.stringify(await single.getPrompt({ name: 'greet', arguments: { name: 'Ada' } }))).toContain(
      'Greet Ada',
    );
    const argument = { name: 'name', value: 'Al' };
    expect(await single.complete({ ref: { type: 'ref/prompt', name: 'greet' }, argument })).toMatchObject({
      completion: { values: ['Alan'] },
    });
    const ref = { type: 'ref/resource', uri: 'note://of/{day}' } as const;
    expect(await single.complete({ ref, argument: { name: 'day', value: 'm' } })).toMatchObject({
      completion: { values: expect.arrayContaining(['monday']) },
    });
    for (const uri of ['devmesh+two:memo://own', 'memo://nowhere']) {
      await expect(single.readResource({ uri })).rejects.toThrow(/no.* resource|not found/iu);
    }
    await expect(single.getPrompt({ name: 'leave' })).rejects.toThrow(/no prompt/u);
    const parts = await connect('parts');
    for (const uri of ['note://today', 'devmesh+one:note://today']) {
      await expect(parts.readResource({ uri })).rejects.toThrow(/no resource/u);
    }
  });

  it('lead to their own server where several are in the set [tools.set-offerings]', async () => {
    const both = await connect('both');
    const text = async (uri: string) => JSON.stringify((await both.readResource({ uri })).contents);
    expect(await text('memo://of/monday')).toContain("second's memo://of/monday");
    expect(await text('devmesh+one:note://of/monday')).toContain('of note://of/monday');
    expect(await text('devmesh+two:note://of/monday')).toContain("second's note://of/monday");
    for (const uri of ['note://of/monday', 'else://where']) {
      await expect(both.readResource({ uri })).rejects.toThrow(/no resource/u);
    }
    const prompt = async (name: string, values = {}) =>
      JSON.stringify(await both.getPrompt({ name, arguments: values }));
    expect(await prompt('leave')).toContain('second leave');
    expect(await prompt('one_greet', { name: 'Ada' })).toContain('Greet Ada');
    expect(await prompt('two_one_greet')).toContain('second one_greet');
    await expect(prompt('greet')).rejects.toThrow(/no prompt/u);
  });

  it('are named in the answers of tools so that reading them leads there [tools.set-offerings]', async () => {
    const both = await connect('both');
    const { content } = await both.callTool({ name: 'link', arguments: {} });
    expect((content as { readonly uri: string }[]).map(({ uri }) => uri)).toEqual([
      'memo://own',
      'memo://of/today',
      'devmesh+two:note://today',
      'devmesh+two:else://where',
    ]);
    const single = await connect('single');
    const added = await single.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
    expect(JSON.stringify(added.content)).toContain('"note://today"');
  });

  it('are told of under the address that the client subscribed to, and when the set changes [tools.set-offerings]', async () => {
    const single = await connect('single');
    const whole = await connectMcp({ url: `${world.mesh.edgeUrl}/mcp`, key, name: 'test', version: '1' });
    open.push(whole);
    const heard: unknown[] = [];
    for (const [who, client] of [
      ['set', single],
      ['whole', whole.client],
    ] as const) {
      client.setNotificationHandler(
        'notifications/resources/updated',
        ({ params }) => void heard.push([who, params.uri]),
      );
      client.setNotificationHandler('notifications/prompts/list_changed', () => void heard.push(`${who} prompts`));
    }
    await single.subscribeResource({ uri: 'note://today' });
    await whole.client.subscribeResource({ uri: 'devmesh+one:note://today' });
    const told = async () => {
      await first.updateNote('second');
      return heard;
    };
    await expect.poll(told, { ...patience, interval: 300 }).toEqual(
      expect.arrayContaining([
        ['set', 'note://today'],
        ['whole', 'devmesh+one:note://today'],
      ]),
    );
    expect(heard).not.toContainEqual(['set', 'devmesh+one:note://today']);
    await put('single', { include: [{ service: 'two' }], unprefixed: true });
    await expect.poll(() => heard, patience).toContain('set prompts');
    expect((await single.listPrompts()).prompts.map(({ name }) => name)).toEqual(['greet', 'leave', 'one_greet']);
    heard.length = 0;
    const { items } = await admin.tools.listTools({ query: {} });
    await admin.tools.deleteTool({ params: { toolId: items.find(({ name }) => name === 'two')?.id ?? '' } });
    await expect.poll(() => heard, patience).toContain('whole prompts');
    expect((await single.listPrompts()).prompts).toEqual([]);
  });
});
