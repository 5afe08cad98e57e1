import { PassThrough } from 'node:stream';
import { createLineReader, type MeshError } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { layCable } from '../testing/cable.ts';
import { serve } from '../testing/serve.ts';
import { bridgeStdio } from './bridge.ts';

type Json = Readonly<Record<string, unknown>>;

interface Started extends AsyncDisposable {
  /** What came out, a line each. */
  readonly heard: (Json | readonly Json[])[];
  /** What became of the connection. */
  readonly told: string[];
  readonly input: PassThrough;
  say(message: object | string): void;
  /** Asks and waits for the answer. */
  ask(method: string, params?: object): Promise<Json>;
  readonly ended: Promise<MeshError | undefined>;
}

const initialize = (protocolVersion: string) => ({
  protocolVersion,
  capabilities: { elicitation: {} },
  clientInfo: { name: 'editor', version: '1' },
});

interface StartOptions {
  readonly key?: string;
  readonly patienceMilliseconds?: number;
  readonly lastAnswersMilliseconds?: number;
}

function start(url: string, { key = 'good', ...more }: StartOptions = {}): Started {
  const input = new PassThrough();
  const output = new PassThrough();
  const stopping = new AbortController();
  const heard: Started['heard'] = [];
  const told: string[] = [];
  const read = createLineReader({
    maximumBytes: 10_000_000,
    onLine: (line) => heard.push(JSON.parse(line) as Json),
    onTooLong: () => undefined,
  });
  output.on('data', read);
  let ids = 0;
  const say = (message: object | string): void => {
    input.write(`${typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const ended = bridgeStdio({
    input,
    output,
    url,
    headers: { authorization: `Bearer ${key}` },
    onChange: (sentence) => told.push(sentence),
    signal: stopping.signal,
    backoff: { firstMilliseconds: 5, longestMilliseconds: 20 },
    ...more,
  });
  return {
    heard,
    told,
    input,
    say,
    ended,
    ask: async (method, params = {}) => {
      ids += 1;
      const id = `c${String(ids)}`;
      say({ id, method, params });
      await expect.poll(() => heard.some((message) => 'id' in message && message['id'] === id)).toBe(true);
      return heard.find((message) => 'id' in message && message['id'] === id) as Json;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function begun(url: string, version = '2025-11-25', options: StartOptions = {}): Promise<Started> {
  const bridge = start(url, options);
  expect(await bridge.ask('initialize', initialize(version))).toMatchObject({ result: { protocolVersion: version } });
  bridge.say({ method: 'notifications/initialized' });
  return bridge;
}

const call = (name: string, values: object = {}) => ({ name, arguments: values });
const methodsOf = (bridge: Started) => bridge.heard.flatMap((one) => ('method' in one ? [one['method']] : []));
const questionsOf = (bridge: Started) =>
  bridge.heard.filter((one): one is Json => 'method' in one && one['method'] === 'elicitation/create');
const answerTo = (question: Json | undefined, text: string) => ({
  id: question?.['id'],
  result: { action: 'accept', content: { text } },
});

describe('a bridge from standard streams', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'carries a session of %s in both directions [mcp.stdio]',
    async (version) => {
      await using server = await serve();
      await using bridge = await begun(server.webSocketUrl, version);
      expect(await bridge.ask('tools/list')).toMatchObject({ result: { nextCursor: 'rest' } });
      expect(await bridge.ask('tools/call', call('add', { a: 1, b: 2 }))).toMatchObject({
        result: { content: [{ text: '3' }] },
      });
      bridge.say({ id: 'g', method: 'tools/call', params: { ...call('greet'), _meta: { progressToken: 'p' } } });
      await expect.poll(() => questionsOf(bridge)).toHaveLength(1);
      bridge.say(answerTo(questionsOf(bridge)[0], 'Ada'));
      await expect.poll(() => questionsOf(bridge)).toHaveLength(2);
      bridge.say(answerTo(questionsOf(bridge)[1], 'Turin'));
      const greeted = expect.objectContaining({
        id: 'g',
        result: { content: [{ type: 'text', text: 'Ada of Turin' }] },
      });
      await expect.poll(() => bridge.heard).toContainEqual(greeted);
      expect(methodsOf(bridge)).toContain('notifications/progress');
      expect(server.log).toEqual(['opened editor']);
    },
  );

  it('carries requests without a session [mcp.stdio]', async () => {
    await using server = await serve();
    await using bridge = start(server.webSocketUrl);
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'editor', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    };
    expect(await bridge.ask('server/discover', { _meta: meta })).toMatchObject({
      result: { supportedVersions: expect.arrayContaining(['2026-07-28']) },
    });
    expect(await bridge.ask('tools/call', { ...call('whoami'), _meta: meta })).toMatchObject({
      result: { resultType: 'complete', content: [{ text: 'good' }] },
    });
    expect(await bridge.ask('tools/call', { ...call('form'), _meta: meta })).toMatchObject({
      result: { resultType: 'input_required' },
    });
  });

  it('carries a batch where the revision has them, and its refusal elsewhere', async () => {
    await using server = await serve();
    const batch = JSON.stringify(['x', 'y'].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' })));
    await using older = await begun(server.webSocketUrl, '2025-03-26');
    older.say(batch);
    await expect.poll(() => older.heard.find(Array.isArray)).toHaveLength(2);
    await using newer = await begun(server.webSocketUrl, '2025-11-25');
    newer.say(batch);
    await expect
      .poll(() => newer.heard.at(-1))
      .toMatchObject({ id: null, error: { data: { code: 'invalid_message' } } });
  });

  it('misses nothing although its connection is cut, and does nothing twice [mcp.stdio]', async () => {
    await using server = await serve();
    await using cable = await layCable(server);
    await using bridge = await begun(cable.url);
    bridge.say({ id: 'w', method: 'tools/call', params: call('wait') });
    await server.waiting(1);
    for (let at = 1; at <= 5; at += 1) {
      for (const session of server.endpoint.sessions) session.notify('notifications/test', { at });
      cable.cut();
      await expect.poll(() => bridge.told.filter((told) => told.includes('goes on'))).toHaveLength(at);
    }
    server.release();
    await expect
      .poll(() => bridge.heard.at(-1))
      .toMatchObject({ id: 'w', result: { content: [{ text: 'released' }] } });
    expect(methodsOf(bridge)).toEqual(Array.from({ length: 5 }, () => 'notifications/test'));
    expect(server.log).toEqual(['opened editor']);
  });

  it('begins a lost session anew as the client did, asks again what only reads, and says what may not have been done [mcp.stdio]', async () => {
    await using server = await serve();
    await using other = await serve();
    await using cable = await layCable(server);
    await using bridge = await begun(cable.url, '2025-06-18');
    await bridge.ask('resources/subscribe', { uri: 'test://clock' });
    bridge.say({ id: 'g', method: 'tools/call', params: call('greet') });
    await expect.poll(() => questionsOf(bridge)).toHaveLength(1);
    bridge.say({ id: 'w', method: 'tools/call', params: call('wait') });
    await server.waiting(1);
    const before = bridge.heard.length;
    cable.open = false;
    cable.cut();
    bridge.say({ id: 'l', method: 'tools/list', params: {} });
    cable.lead(other);
    cable.open = true;
    await expect.poll(() => bridge.heard.at(-1)).toMatchObject({ id: 'l', result: { nextCursor: 'rest' } });
    const since = bridge.heard.slice(before) as readonly Json[];
    const [asked] = questionsOf(bridge);
    expect(since.find(({ method }) => method === 'notifications/cancelled')).toMatchObject({
      params: { requestId: asked?.['id'] },
    });
    for (const id of ['g', 'w']) {
      expect(since.find((one) => one['id'] === id)).toMatchObject({ error: { data: { code: 'unavailable' } } });
    }
    expect(since.map(({ method }) => method)).toContain('notifications/tools/list_changed');
    expect([...other.endpoint.sessions].map(({ protocolVersion }) => protocolVersion)).toEqual(['2025-06-18']);
    expect(other.log).toEqual(['opened editor']);
    for (const session of other.endpoint.sessions) expect(session.subscriptions).toContain('test://clock');
    // What was asked in the lost session is answered to nobody, though the new one counts its questions from the beginning too.
    bridge.say({ id: 'h', method: 'tools/call', params: call('greet') });
    await expect.poll(() => questionsOf(bridge)).toHaveLength(2);
    bridge.say(answerTo(asked, 'Eve'));
    bridge.say(answerTo(questionsOf(bridge)[1], 'Ada'));
    await expect.poll(() => questionsOf(bridge)).toHaveLength(3);
    bridge.say(answerTo(questionsOf(bridge)[2], 'Turin'));
    await expect
      .poll(() => bridge.heard.at(-1))
      .toMatchObject({ id: 'h', result: { content: [{ text: 'Ada of Turin' }] } });
  });

  it('tells a client whose key is not taken why, and ends with the reason [mcp.stdio]', async () => {
    await using server = await serve();
    const bridge = start(server.webSocketUrl, { key: 'bad-4711' });
    expect(await bridge.ask('initialize', initialize('2025-11-25'))).toMatchObject({
      error: { message: expect.stringContaining('key'), data: { code: 'unauthenticated' } },
    });
    expect(await bridge.ended).toMatchObject({ code: 'unauthenticated' });
    expect(JSON.stringify([bridge.heard, bridge.told])).not.toContain('4711');
  });

  it('waits for a server that is not there yet, and fails requests where it stays away [mcp.stdio]', async () => {
    await using server = await serve();
    await using cable = await layCable(server);
    cable.open = false;
    await using patient = start(cable.url);
    const waiting = patient.ask('initialize', initialize('2025-11-25'));
    await expect.poll(() => patient.told).toHaveLength(1);
    await using hasty = start(cable.url, { patienceMilliseconds: 0 });
    expect(await hasty.ask('initialize', initialize('2025-11-25'))).toMatchObject({
      error: { data: { code: 'upstream_unreachable' } },
    });
    cable.open = true;
    expect(await waiting).toMatchObject({ result: { serverInfo: { name: 'test' } } });
    await expect.poll(() => hasty.told.at(-1)).toMatch(/^Connected/u);
    expect(await hasty.ask('initialize', initialize('2025-11-25'))).toMatchObject({ result: {} });
  });

  it('answers what is no message, or is too long, and goes on', async () => {
    await using server = await serve();
    await using bridge = await begun(server.webSocketUrl);
    bridge.say('{"jsonrpc":');
    bridge.say('"text"');
    bridge.say(`"${'x'.repeat(5_000_000)}"`);
    bridge.say('');
    expect(await bridge.ask('ping')).toMatchObject({ result: {} });
    const codes = bridge.heard.flatMap((one) => ('error' in one ? [(one['error'] as Json)['data']] : []));
    expect(codes).toMatchObject(['malformed_message', 'invalid_message', 'too_large'].map((code) => ({ code })));
  });

  it('ends with its client, after what that still waits for', async () => {
    await using server = await serve();
    const bridge = await begun(server.webSocketUrl);
    bridge.say({ id: 'w', method: 'tools/call', params: call('wait') });
    await server.waiting(1);
    bridge.input.end();
    server.release();
    expect(await bridge.ended).toBeUndefined();
    expect(bridge.heard.at(-1)).toMatchObject({ id: 'w', result: {} });
    await expect.poll(() => server.log).toEqual(['opened editor', 'closed editor']);
  });

  it('answers what is still unanswered when it ends', async () => {
    await using server = await serve();
    const bridge = await begun(server.webSocketUrl, '2025-11-25', { lastAnswersMilliseconds: 0 });
    bridge.say({ id: 'w', method: 'tools/call', params: call('wait') });
    await server.waiting(1);
    bridge.input.end();
    expect(await bridge.ended).toMatchObject({ code: 'unavailable' });
    expect(bridge.heard.at(-1)).toMatchObject({ id: 'w', error: { data: { code: 'unavailable' } } });
  });

  it('ends where the server ends the session, with its reason', async () => {
    await using server = await serve();
    const bridge = await begun(server.webSocketUrl);
    await bridge.ask('ping');
    for (const session of server.endpoint.sessions) session.close('The session was revoked.');
    expect(await bridge.ended).toMatchObject({ message: expect.stringContaining('revoked') });
  });
});
