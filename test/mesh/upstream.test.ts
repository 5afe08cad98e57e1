import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import type { ClientOptions } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { startUpstream, type UpstreamServer } from './upstream-server.fixture.ts';

interface Heard {
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

const patience = { timeout: 15_000 };

describe('an MCP server behind the gateway', () => {
  let world: TestMesh;
  let upstream: UpstreamServer;
  let organization: Awaited<ReturnType<TestMesh['register']>>;
  beforeAll(async () => {
    world = await openTestMesh();
    upstream = await startUpstream();
    organization = await world.register();
    await organization.client.tools.registerMcp({ body: { name: 'notes', url: upstream.url } });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await upstream.close();
  });

  describe.each(['ws', 'http'] as const)('over %s', (scheme) => {
    const connect = async (
      options?: ClientOptions,
      prepare: (client: McpConnection['client']) => void = () => undefined,
    ): Promise<McpConnection & { readonly heard: Heard[] }> => {
      const { edgeUrl } = world.mesh;
      const heard: Heard[] = [];
      const connection = await connectMcp({
        url: scheme === 'ws' ? `${edgeUrl.replace('http', 'ws')}/ws` : `${edgeUrl}/mcp`,
        key: organization.key,
        name: 'test',
        version: '1',
        options,
        prepare: (client) => {
          client.fallbackNotificationHandler = (notification) => {
            heard.push(notification);
            return Promise.resolve();
          };
          prepare(client);
        },
      });
      return { ...connection, heard };
    };

    it('has its tools listed and called [tools.upstream-mcp]', async () => {
      const { client, close } = await connect();
      const { tools } = await client.listTools();
      expect(tools.find(({ name }) => name === 'notes_add')).toMatchObject({
        title: 'Add',
        description: 'Adds two numbers',
        annotations: { readOnlyHint: true, destructiveHint: false },
        outputSchema: { properties: { sum: { type: 'number' } } },
      });
      expect(await client.callTool({ name: 'notes_add', arguments: { a: 2, b: 3 } })).toMatchObject({
        isError: false,
        structuredContent: { sum: 5 },
        content: [{ text: '5' }, { type: 'resource_link', uri: 'devmesh+notes:note://today' }],
      });
      const failed = await client.callTool({ name: 'notes_fails', arguments: {} });
      expect(failed).toMatchObject({ isError: true, content: [{ text: 'it cannot be done' }] });
      const wrong = await client.callTool({ name: 'notes_add', arguments: { a: 'two' } });
      expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('arguments') }] });
      await close();
    });

    it('has its resources and templates listed and read, under addresses of their own [upstream.offerings]', async () => {
      const { client, close } = await connect();
      const { resources } = await client.listResources();
      expect(resources).toContainEqual(
        expect.objectContaining({ uri: 'devmesh+notes:note://today', title: 'Today', mimeType: 'text/plain' }),
      );
      expect(resources.map(({ uri }) => uri)).toContain('devmesh://system/health');
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('devmesh+notes:note://of/{day}');
      const read = await client.readResource({ uri: 'devmesh+notes:note://of/monday' });
      expect(read.contents).toEqual([{ uri: 'devmesh+notes:note://of/monday', text: 'of note://of/monday' }]);
      for (const uri of ['devmesh+notes:note://none', 'devmesh+other:note://today']) {
        await expect(client.readResource({ uri })).rejects.toThrow(/no|not/iu);
      }
      await close();
    });

    it('has its prompts listed and filled in, and their arguments completed [upstream.offerings]', async () => {
      const { client, close } = await connect();
      const { prompts } = await client.listPrompts();
      expect(prompts).toEqual([
        { name: 'notes_greet', description: 'Greets somebody', arguments: [{ name: 'name', required: true }] },
      ]);
      const prompt = await client.getPrompt({ name: 'notes_greet', arguments: { name: 'Ada' } });
      expect(prompt.messages).toEqual([{ role: 'user', content: { type: 'text', text: 'Greet Ada' } }]);
      const ref = { type: 'ref/prompt', name: 'notes_greet' } as const;
      const { completion } = await client.complete({ ref, argument: { name: 'name', value: 'Al' } });
      expect(completion.values).toEqual(['Alan']);
      const days = await client.complete({
        ref: { type: 'ref/resource', uri: 'devmesh+notes:note://of/{day}' },
        argument: { name: 'day', value: '' },
      });
      expect(days.completion.values).toEqual(['monday', 'tuesday']);
      await expect(client.getPrompt({ name: 'notes_none' })).rejects.toThrow(/no prompt/u);
      await close();
    });

    it('tells how far a call is, and hears that it was cancelled [upstream.relayed]', async () => {
      const { client, close } = await connect();
      const before = upstream.slow.cancelled;
      const leaving = new AbortController();
      const steps: unknown[] = [];
      const calling = client.callTool(
        { name: 'notes_slow', arguments: {} },
        {
          signal: leaving.signal,
          onprogress: (progress) => {
            steps.push(progress);
            if (steps.length === 3) leaving.abort('enough');
          },
        },
      );
      await expect(calling).rejects.toThrow('enough');
      expect(steps.slice(0, 2)).toMatchObject([{ total: 100, message: 'step 1' }, { message: 'step 2' }]);
      await expect.poll(() => upstream.slow.cancelled, patience).toBeGreaterThan(before);
      await close();
    });

    it('hears that a client that only waits has cancelled or gone away [upstream.relayed]', async () => {
      const before = upstream.slow.cancelled;
      const { begun } = upstream.slow;
      const first = await connect();
      const leaving = new AbortController();
      const calling = first.client.callTool({ name: 'notes_slow', arguments: {} }, { signal: leaving.signal });
      const going = first.client.callTool({ name: 'notes_slow', arguments: {} });
      const ended = calling.catch((error: unknown) => error);
      const gone = going.catch((error: unknown) => error);
      await expect.poll(() => upstream.slow.begun, patience).toBe(begun + 2);
      leaving.abort('enough');
      await ended;
      await expect.poll(() => upstream.slow.cancelled, patience).toBe(before + 1);
      await first.close();
      expect(await gone).toBeInstanceOf(Error);
      await expect.poll(() => upstream.slow.cancelled, patience).toBe(before + 2);
    });

    it('asks the person and the model of the client that called, where it can [upstream.relayed]', async () => {
      const asked: unknown[] = [];
      const { client, close } = await connect({ capabilities: { elicitation: {}, sampling: {} } }, (one) => {
        one.setRequestHandler('elicitation/create', ({ params }) => {
          asked.push(params.message);
          return { action: 'accept', content: { name: 'Ada' } };
        });
        one.setRequestHandler('sampling/createMessage', () => ({
          role: 'assistant',
          model: 'm',
          content: { type: 'text', text: 'word' },
        }));
      });
      const answered = await client.callTool({ name: 'notes_ask', arguments: {} });
      expect(answered).toMatchObject({ isError: false, content: [{ text: 'accept Ada' }] });
      expect(asked).toEqual(['Who are you?']);
      const sampled = await client.callTool({ name: 'notes_sample', arguments: {} });
      expect(sampled).toMatchObject({ content: [{ text: '{"type":"text","text":"word"}' }] });
      await close();
    });

    it('is told that a client cannot be asked, or refuses [upstream.relayed]', async () => {
      const silent = await connect();
      const unable = await silent.client.callTool({ name: 'notes_ask', arguments: {} });
      expect(unable).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/elicitation/iu) }] });
      await silent.close();
      const refusing = await connect({ capabilities: { elicitation: {} } }, (one) => {
        one.setRequestHandler('elicitation/create', () => {
          throw new Error('not now');
        });
      });
      const refused = await refusing.client.callTool({ name: 'notes_ask', arguments: {} });
      expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('not now') }] });
      await refusing.close();
    });

    it('passes on log messages from the level that the client asked for [upstream.relayed]', async () => {
      const { client, heard, close } = await connect();
      await client.setLoggingLevel('warning');
      await client.callTool({ name: 'notes_logs', arguments: {} });
      const logged = () => heard.filter(({ method }) => method === 'notifications/message');
      await expect.poll(logged, patience).toMatchObject([{ params: { level: 'warning', data: 'heed this' } }]);
      await close();
    });

    it('tells when a resource changes to which a client subscribed, and when its tools change [upstream.followed]', async () => {
      const { client, heard, close } = await connect();
      const uri = 'devmesh+notes:note://today';
      await client.subscribeResource({ uri });
      const updates = () => heard.filter(({ method }) => method === 'notifications/resources/updated');
      const update = async () => {
        await upstream.updateNote(`${scheme} ${String(Date.now())}`);
        return updates()[0]?.params;
      };
      await expect.poll(update, { ...patience, interval: 300 }).toEqual({ uri });
      upstream.addTool(`fresh_${scheme}`);
      const names = async () => (await client.listTools()).tools.map(({ name }) => name);
      const methods = () => heard.map(({ method }) => method);
      await expect.poll(methods, patience).toContain('notifications/tools/list_changed');
      expect(await names()).toContain(`notes_fresh_${scheme}`);
      await close();
    });
  });
});
