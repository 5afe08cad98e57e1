import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { LOG_LEVEL_META_KEY, type Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from '../mesh/mesh.ts';
import { picture, sound } from './everything/run.ts';
import { startEverything } from './everything/server.ts';
import type { Served } from './serve-fetch.ts';

type Values = Readonly<Record<string, unknown>>;

const modern = '2026-07-28';

/** What the client was asked, and what it heard. */
interface Heard {
  readonly forms: Values[];
  readonly prompts: Values[];
  readonly logs: Values[];
}

/** The client of a revision, whose person and model answer at once. */
async function connect(url: string, key: string, revision: string): Promise<McpConnection & { readonly heard: Heard }> {
  const heard: Heard = { forms: [], prompts: [], logs: [] };
  const connection = await connectMcp({
    url,
    key,
    name: 'conformance',
    version: '1',
    options: {
      capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} },
      ...(revision === modern
        ? { versionNegotiation: { mode: { pin: modern } } }
        : { supportedProtocolVersions: [revision] }),
    },
    prepare: (client) => {
      client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params));
      client.setRequestHandler('elicitation/create', ({ params }) => {
        heard.forms.push(params);
        return {
          action: 'accept',
          content: { response: 'a text', name: 'Ada', color: 'red', ok: true, context: 'here' },
        };
      });
      client.setRequestHandler('sampling/createMessage', ({ params }) => {
        heard.prompts.push(params);
        return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Paris' } };
      });
      client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///here' }] }));
    },
  });
  return { ...connection, heard };
}

describe('the scenarios of the conformance runner over WebSocket, through the gateway', () => {
  let everything: Served;
  let world: TestMesh;
  let url: string;
  let key: string;
  beforeAll(async () => {
    everything = await startEverything();
    world = await openTestMesh();
    const { client, key: adminKey } = await world.register();
    key = adminKey;
    await client.tools.registerMcp({ body: { name: 'everything', url: everything.url } });
    const include = [{ service: 'everything' }];
    await client.toolSets.putToolSet({
      params: { name: 'everything' },
      body: { title: 'Everything', include, unprefixed: true },
    });
    url = `${world.mesh.edgeUrl.replace('http', 'ws')}/ws/sets/everything`;
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await everything.close();
  });

  describe.each(['2025-06-18', '2025-11-25', modern])('in %s', (revision) => {
    let client: Client;
    let heard: Heard;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ client, heard, close } = await connect(url, key, revision));
    });
    afterAll(() => close());

    const call = async (name: string, values: Record<string, unknown> = {}, more: object = {}) =>
      client.callTool({ name, arguments: values, ...more });
    const textOf = async (name: string, values: Record<string, unknown> = {}) => {
      const { content } = await call(name, values);
      return (content as readonly { readonly text?: string }[])[0]?.text;
    };

    it('is spoken, and lists what the server has by its own names [mcp.conformance]', async () => {
      expect(client.getNegotiatedProtocolVersion()).toBe(revision);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['test_simple_text', 'test_sampling']));
      const { inputSchema } = tools.find(({ name }) => name === 'json_schema_2020_12_tool') ?? {};
      expect(inputSchema).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: { address: { $anchor: 'addressDef' } },
        if: { properties: { contactMethod: { const: 'phone' } } },
        additionalProperties: false,
      });
    });

    it('brings content of every kind as it is [mcp.conformance]', async () => {
      expect(await textOf('test_simple_text')).toBe('This is a simple text response for testing.');
      const image = { type: 'image', data: picture, mimeType: 'image/png' };
      expect(await call('test_image_content')).toMatchObject({ content: [image] });
      expect(await call('test_audio_content')).toMatchObject({
        content: [{ type: 'audio', data: sound, mimeType: 'audio/wav' }],
      });
      expect(await call('test_embedded_resource')).toMatchObject({
        content: [{ type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain' } }],
      });
      expect(await call('test_multiple_content_types')).toMatchObject({
        content: [{ type: 'text' }, image, { resource: { uri: 'test://mixed-content-resource' } }],
      });
      expect(await call('test_error_handling')).toMatchObject({ isError: true });
    });

    it('tells how far a call is, and its log messages [mcp.conformance]', async () => {
      const steps: unknown[] = [];
      await client.callTool(
        { name: 'test_tool_with_progress', arguments: {} },
        { onprogress: ({ progress, total }) => void steps.push([progress, total]) },
      );
      expect(steps).toEqual([
        [0, 100],
        [50, 100],
        [100, 100],
      ]);
      if (revision !== modern) await client.setLoggingLevel('debug');
      const more = revision === modern ? { _meta: { [LOG_LEVEL_META_KEY]: 'debug' } } : {};
      await call('test_tool_with_logging', {}, more);
      await expect
        .poll(() => heard.logs.map(({ data }) => data))
        .toEqual(['Tool execution started', 'Tool processing data', 'Tool execution completed']);
    });

    it('asks the model and the person of the client [mcp.conformance]', async () => {
      expect(await textOf('test_sampling', { prompt: 'What is the capital of France?' })).toBe('LLM response: Paris');
      expect(heard.prompts.at(-1)).toMatchObject({ maxTokens: 100 });
      expect(await textOf('test_elicitation', { message: 'Say a text' })).toContain('"response":"a text"');
      expect(heard.forms.at(-1)).toMatchObject({ message: 'Say a text' });
      await call('test_elicitation_sep1034_defaults');
      expect(heard.forms.at(-1)).toMatchObject({
        requestedSchema: { properties: { name: { default: 'John Doe' }, verified: { default: true } } },
      });
      await call('test_elicitation_sep1330_enums');
      expect(heard.forms.at(-1)).toMatchObject({
        requestedSchema: { properties: { titledMulti: { items: { anyOf: [{ const: 'value1' }, {}, {}] } } } },
      });
    });

    it('asks in rounds [mcp.conformance]', async () => {
      const prefix = 'test_input_required_result';
      expect(await textOf(`${prefix}_elicitation`)).toBe('Hello, Ada!');
      expect(await textOf(`${prefix}_request_state`)).toBe('state-ok: requestState validated');
      expect(await textOf(`${prefix}_multi_round`)).toBe('Multi-round complete for Ada who likes red');
      expect(await textOf(`${prefix}_multiple_inputs`)).toBe('Name: Ada; Greeting: Paris; Roots: 1');
      const prompt = await client.getPrompt({ name: `${prefix}_prompt` });
      expect(prompt).toMatchObject({ messages: [{ content: { text: 'Prompt with context: here' } }] });
    });

    it('reads resources, and those of templates [mcp.conformance]', async () => {
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(
        expect.arrayContaining(['test://static-text', 'test://static-binary', 'test://watched-resource']),
      );
      expect(await client.readResource({ uri: 'test://static-text' })).toMatchObject({
        contents: [{ uri: 'test://static-text', text: 'This is the content of the static text resource.' }],
      });
      expect(await client.readResource({ uri: 'test://static-binary' })).toMatchObject({
        contents: [{ mimeType: 'image/png', blob: picture }],
      });
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('test://template/{id}/data');
      const { contents } = await client.readResource({ uri: 'test://template/123/data' });
      expect(contents).toMatchObject([
        { uri: 'test://template/123/data', text: expect.stringContaining('"id":"123"') },
      ]);
      await expect(client.readResource({ uri: 'test://nowhere' })).rejects.toThrow(/no such resource|not found/iu);
      if (revision === modern) return;
      await client.subscribeResource({ uri: 'test://watched-resource' });
      await client.unsubscribeResource({ uri: 'test://watched-resource' });
    });

    it('fills in prompts, and completes their arguments [mcp.conformance]', async () => {
      const { prompts } = await client.listPrompts();
      expect(prompts.find(({ name }) => name === 'test_prompt_with_arguments')?.arguments).toMatchObject([
        { name: 'arg1', required: true },
        { name: 'arg2', required: true },
      ]);
      const texts = async (name: string, values: Record<string, string> = {}) =>
        (await client.getPrompt({ name, arguments: values })).messages.map(({ content }) => content);
      expect(await texts('test_simple_prompt')).toMatchObject([{ text: 'This is a simple prompt for testing.' }]);
      expect(await texts('test_prompt_with_arguments', { arg1: 'a', arg2: 'b' })).toMatchObject([
        { text: "Prompt with arguments: arg1='a', arg2='b'" },
      ]);
      const uri = 'test://example-resource';
      expect(await texts('test_prompt_with_embedded_resource', { resourceUri: uri })).toMatchObject([
        { resource: { uri } },
        { type: 'text' },
      ]);
      expect(await texts('test_prompt_with_image')).toMatchObject([{ data: picture }, { type: 'text' }]);
      const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
      expect(await client.complete({ ref, argument: { name: 'arg1', value: 't' } })).toMatchObject({
        completion: { values: [], hasMore: false },
      });
    });
  });
});
