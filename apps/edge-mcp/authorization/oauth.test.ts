import { mcpScopes } from '@devmesh/api';
import { silentTelemetry, type Telemetry } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure/process';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createEdge } from '../index.ts';
import { imitatePlatform, tokenUntil, type Known } from './platform.fixture.ts';

const issuer = 'https://mesh.example';
const key = `dm_user_${'a'.repeat(36)}`;
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

describe('OAuth at the gateway', () => {
  let edge: HttpService;
  let url: string;
  const known = new Map<string, Known>();
  const platform = imitatePlatform(known);
  const lines: string[] = [];
  beforeAll(async () => {
    edge = createEdge({
      host: '127.0.0.1',
      port: 0,
      platformUrl: 'http://platform.test',
      fetch: platform.fetch,
      allowedOrigins: [],
      oauth: { paths: ['/mcp/oauth', '/ws'], publicUrl: undefined, authorizationServer: () => issuer },
      telemetry: noting(lines),
    });
    await edge.start();
    ({ url } = edge.address());
    known.set(key, { keyId: '01890000-0000-7000-8000-000000000001', scopes: ['tools:call'] });
  });
  afterAll(() => edge.stop());

  const send = (
    path: string,
    token: string | undefined,
    message: object = initialize,
    more: Record<string, string> = {},
  ) =>
    fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...more,
      },
      body: JSON.stringify(message),
    });
  const open = async (
    path: string,
    token: string,
    more: Record<string, string> = {},
  ): Promise<Record<string, string>> => {
    const response = await send(path, token, initialize, more);
    expect(response.status).toBe(200);
    const session = { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
    await send(path, token, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
    return session;
  };
  const call = (name: string): object => ({
    jsonrpc: '2.0',
    id: 2,
    method: 'tools/call',
    params: { name, arguments: {} },
  });
  const signedIn = (
    resource: string,
    { mark, scopes = mcpScopes }: { mark: string; scopes?: readonly string[] },
  ): string => {
    const token = tokenUntil(Date.now() + 600_000, mark);
    known.set(token, { keyId: '01890000-0000-7000-8000-000000000002', audience: resource, scopes, role: 'developer' });
    return token;
  };

  it('tells a client without a credential where its endpoint is described, and what it needs [edge.oauth-optional]', async () => {
    const metadata = `${url}/.well-known/oauth-protected-resource/mcp/oauth`;
    const refused = await send('/mcp/oauth', undefined);
    expect(refused.status).toBe(401);
    const challenge = `Bearer resource_metadata="${metadata}", scope="${mcpScopes.join(' ')}"`;
    expect(refused.headers.get('www-authenticate')).toBe(challenge);
    expect((await send('/mcp/oauth', 'wrong')).headers.get('www-authenticate')).toBe(
      `${challenge}, error="invalid_token"`,
    );
    expect(await (await fetch(metadata)).json()).toEqual({
      resource: `${url}/mcp/oauth`,
      resource_name: 'Developer Mesh',
      authorization_servers: [issuer],
      scopes_supported: [...mcpScopes],
      bearer_methods_supported: ['header'],
    });
  });

  it('describes nothing where only keys are meant to be used, not even at the root', async () => {
    const refused = await send('/mcp', undefined);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="devmesh"');
    for (const path of ['oauth-protected-resource', 'oauth-protected-resource/mcp', 'oauth-authorization-server']) {
      expect((await fetch(`${url}/.well-known/${path}`)).status).toBe(404);
    }
  });

  it('gives every client of the loopback its own spelling back', async () => {
    const local = url.replace('127.0.0.1', 'localhost');
    const metadata = `${local}/.well-known/oauth-protected-resource/mcp/oauth`;
    expect((await fetch(`${local}/mcp/oauth`, { method: 'POST' })).headers.get('www-authenticate')).toContain(metadata);
    expect(await (await fetch(metadata)).json()).toMatchObject({ resource: `${local}/mcp/oauth` });
  });

  it.each(['/mcp', '/mcp/oauth', '/ws'])('takes keys at %s', async (path) => {
    const address = path === '/ws' ? url.replace('http', 'ws') + path : url + path;
    const { client, close } = await connectMcp({ url: address, key, name: 'test', version: '1' });
    expect(client.getServerVersion()).toMatchObject({ name: 'developer-mesh' });
    await close();
  });

  it('takes an access token where it was issued for, and nowhere else, whatever the platform says [edge.audience]', async () => {
    const token = signedIn(`${url}/mcp/oauth`, { mark: 'audience' });
    expect((await send('/mcp/oauth', token)).status).toBe(200);
    expect((await send('/mcp', token)).status).toBe(401);
    await expect(
      connectMcp({ url: `${url.replace('http', 'ws')}/ws`, key: token, name: 'test', version: '1' }),
    ).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await send('/mcp/oauth', signedIn(issuer, { mark: 'console' }))).status).toBe(401);
    const asked = platform.calls.filter(({ authorization }) => authorization === `Bearer ${token}`);
    expect(new Set(asked.map(({ resource }) => resource))).toEqual(
      new Set([`${url}/mcp/oauth`, `${url}/mcp`, `${url}/ws`]),
    );
  });

  it('refuses an upgrade with the same words', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'mcp');
    const challenge = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.headers['www-authenticate']);
        socket.terminate();
      });
      socket.on('error', () => undefined);
    });
    expect(challenge).toContain(`resource_metadata="${url}/.well-known/oauth-protected-resource/ws"`);
  });

  it('says which scope a token lacks, where its person could grant it [edge.step-up]', async () => {
    const token = signedIn(`${url}/mcp/oauth`, { mark: 'few', scopes: ['organization:read', 'tasks:read'] });
    const session = await open('/mcp/oauth', token);
    const refused = await send('/mcp/oauth', token, call('devmesh_task_create'), session);
    expect(refused.status).toBe(403);
    const challenge = refused.headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer error="insufficient_scope", scope="tasks:write", resource_metadata="http/u);
    expect((await send('/mcp/oauth', token, call('acme_list'), session)).status).toBe(403);
    expect((await send('/mcp/oauth', token, { jsonrpc: '2.0', id: 3, method: 'ping' }, session)).status).toBe(200);
  });

  it('goes on with a session when its client brings the next access token, which its calls then carry', async () => {
    const resource = `${url}/mcp/oauth`;
    const first = signedIn(resource, { mark: 'first' });
    const session = await open('/mcp/oauth', first);
    const second = signedIn(resource, { mark: 'second' });
    known.delete(first);
    expect((await send('/mcp/oauth', second, call('acme_list'), session)).status).toBe(200);
    expect(platform.calls.at(-1)).toMatchObject({
      path: '/api/v1/catalogue/acme_list/call',
      authorization: `Bearer ${second}`,
    });
  });

  it("takes a person's own tokens along with the calls of their service, and tells nobody else [edge.pass-through]", async () => {
    const canary = 'canary-upstream-3e7a1f';
    const resource = `${url}/mcp/oauth`;
    const token = signedIn(resource, { mark: 'passing' });
    const session = await open('/mcp/oauth', token, { 'x-devmesh-upstream-acme': `Basic ${canary}` });
    const stranger = await open('/mcp/oauth', token);
    await send('/mcp/oauth', token, call('acme_list'), session);
    expect(platform.calls.at(-1)?.upstream).toBe(`acme Basic ${canary}`);
    await send('/mcp/oauth', token, call('other_list'), session);
    expect(platform.calls.at(-1)?.upstream).toBeNull();
    await send('/mcp/oauth', token, call('acme_list'), stranger);
    expect(platform.calls.at(-1)?.upstream).toBeNull();
    await send('/mcp/oauth', token, call('acme_list'), { ...session, 'x-devmesh-upstream-acme': `${canary}-2` });
    expect(platform.calls.at(-1)?.upstream).toBe(`acme Bearer ${canary}-2`);
    const wrong = await send('/mcp/oauth', token, call('acme_list'), {
      'x-devmesh-upstream-acme': `${canary} with spaces`,
    });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).not.toContain(canary);
    expect(platform.calls.filter(({ upstream }) => upstream !== null).length).toBe(2);
    expect(lines.join('\n')).not.toContain(canary);
  });

  it('forgets them with the session', async () => {
    const token = signedIn(`${url}/mcp/oauth`, { mark: 'forgetting' });
    const session = await open('/mcp/oauth', token, { 'x-devmesh-upstream-acme': 'forgotten' });
    const ended = await fetch(`${url}/mcp/oauth`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, ...session },
    });
    expect(ended.status).toBe(204);
    expect((await send('/mcp/oauth', token, call('acme_list'), session)).status).toBe(404);
  });

  it('never puts what its clients present into a log line or an answer', () => {
    const presented = [...known.keys()];
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of presented) expect(lines.join('\n')).not.toContain(secret);
  });
});

/** Telemetry that keeps all that is logged and traced, as text. */
function noting(lines: string[]): Telemetry {
  const note = (...said: unknown[]): void => {
    lines.push(
      JSON.stringify(said, (_name, value: unknown) =>
        value instanceof Error ? `${value.stack ?? ''} ${String(value.cause)}` : value,
      ),
    );
  };
  const log: Telemetry['log'] = { debug: note, info: note, warn: note, error: note, with: () => log };
  return {
    ...silentTelemetry,
    log,
    tracer: {
      ...silentTelemetry.tracer,
      span: (name, options, work) => {
        note(name, options);
        return silentTelemetry.tracer.span(name, options, work);
      },
      annotate: note,
    },
  };
}
