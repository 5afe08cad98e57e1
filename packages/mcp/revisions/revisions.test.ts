import { silentTelemetry } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import type { Content } from '../content.ts';
import { createMcpEndpoint } from '../endpoint.ts';
import { createStreamableHttpTransport } from '../http/streamable-http.ts';
import { parseMessage } from '../message.ts';
import { supportedVersions } from './negotiate.ts';

const content: readonly Content[] = [
  { type: 'text', text: 'words' },
  { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
  { type: 'resource_link', uri: 'test://a', name: 'a', title: 'The A' },
];

function start() {
  const endpoint = createMcpEndpoint<string>({
    info: { name: 'test', version: '1' },
    telemetry: silentTelemetry,
    ownerOf: (name) => name,
    handlers: {
      tools: { list: async () => ({ tools: [] }), call: async () => ({ content }) },
      prompts: {
        list: async () => ({ prompts: [] }),
        get: async () => ({ messages: content.map((piece) => ({ role: 'user' as const, content: piece })) }),
      },
    },
  });
  const http = createStreamableHttpTransport<string>({
    endpoint,
    telemetry: silentTelemetry,
    allowedOrigins: [],
    authenticate: async () => 'ada',
    ownerOf: (name) => name,
  });
  const post = (body: unknown, session?: string | null) =>
    http.handle(
      new Request('http://mesh.example/mcp', {
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...(typeof session === 'string' ? { 'mcp-session-id': session } : {}),
        },
        body: JSON.stringify(body),
      }),
    );
  const open = async (protocolVersion: string) => {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'old', version: '1' } };
    const response = await post(request(0, 'initialize', params));
    const { result } = (await response.json()) as { readonly result: { readonly protocolVersion: string } };
    return { session: response.headers.get('mcp-session-id'), spoken: result.protocolVersion };
  };
  return { endpoint, post, open };
}

const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });

const bare = { type: 'text', text: 'words' };
const link = { type: 'text', text: 'The A: test://a' };
const sound = { type: 'resource', resource: { uri: 'data:audio/wav', mimeType: 'audio/wav', blob: 'AAAA' } };

describe('each revision with sessions', () => {
  const sessions = supportedVersions.filter((version) => version < '2026');

  it('is one of the five that there are, newest first', () => {
    expect(supportedVersions).toEqual(['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']);
  });

  it.each(sessions)('%s is spoken where it is asked for [mcp.revisions]', async (version) => {
    expect((await start().open(version)).spoken).toBe(version);
  });

  it.each([
    ['2024-11-05', [bare, sound, link]],
    ['2025-03-26', [bare, content[1], link]],
    ['2025-06-18', content],
  ])('%s is told only what it has words for', async (version, wanted) => {
    const { post, open } = start();
    const { session } = await open(version);
    const tool = await post(request(1, 'tools/call', { name: 'x' }), session);
    expect(await tool.json()).toMatchObject({ result: { content: wanted } });
    const prompt = await post(request(2, 'prompts/get', { name: 'x' }), session);
    expect(await prompt.json()).toMatchObject({ result: { messages: wanted.map((piece) => ({ content: piece })) } });
  });
});

describe('a batch', () => {
  const batch = [
    request(1, 'tools/list'),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '1.0', id: 2, method: 'ping' },
    request(3, 'initialize'),
    request(4, 'ping'),
  ];

  it.each(['2025-03-26', '2024-11-05'])('is answered message by message in %s', async (version) => {
    const { post, open } = start();
    const { session } = await open(version);
    const response = await post(batch, session);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { id: 1, result: { tools: [] } },
      { id: 2, error: { code: -32600 } },
      { id: 3, error: { data: { code: 'invalid_state' } } },
      { id: 4, result: {} },
    ]);
    expect((await post([batch[1]], session)).status).toBe(202);
  });

  it.each(['2025-06-18', '2025-11-25'])('is refused in %s', async (version) => {
    const { post, open } = start();
    const { session } = await open(version);
    const response = await post(batch, session);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32600 } });
  });

  it('begins no session, over any transport', async () => {
    const { endpoint, post } = start();
    expect((await post([request(0, 'initialize')])).status).toBe(400);
    const connection = endpoint.connect('ada', { kind: 'websocket', send: () => undefined, close: () => undefined });
    const message = parseMessage(JSON.stringify([request(0, 'initialize')]));
    if (message.kind === 'invalid') throw message.error;
    expect(JSON.parse((await connection.receive(message)) ?? '')).toMatchObject({ error: { code: -32600 } });
  });
});
