import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basePath, createClient, type Client } from '@devmesh/api';
import { featureConfigShape, host, type Hosted } from '@devmesh/features';
import { newId, parseConfig, type Problem } from '@devmesh/foundation';
import { platformConfigShape } from '@devmesh/infrastructure';
import { openTestEngines, type TestEngines } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestApi, type RestApi } from './index.ts';

const origin = 'http://api.test';
const hour = 3_600;
const onServers = (process.env['DATABASE_URL'] ?? '') !== '' && (process.env['REDIS_URL'] ?? '') !== '';

describe(`limits over HTTP, at two APIs ${onServers ? 'that share PostgreSQL and Redis' : 'of one process'}`, () => {
  let folder: string;
  let engines: TestEngines;
  const hosts: Hosted[] = [];
  const apis: RestApi[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-limits-'));
    engines = await openTestEngines();
    const settings = { DATA_DIR: folder, REGISTRATION: 'open', LOG_LEVEL: 'silent', REQUESTS_PER_MINUTE: '120' };
    const config = parseConfig(
      { ...platformConfigShape, ...featureConfigShape },
      { ...process.env, ...engines.variables, ...settings, ORGANIZATION_REQUESTS_PER_MINUTE: '200' },
    );
    const start = (count: number): Promise<Hosted> =>
      host({
        config,
        name: 'limits-test',
        whole: true,
        choose: (parts) => {
          const made = Array.from({ length: count }, () =>
            createRestApi({ ...parts, host: '127.0.0.1', port: 0, consoleFolder: folder }),
          );
          apis.push(...made);
          return made;
        },
      });
    hosts.push(await start(onServers ? 1 : 2));
    if (onServers) hosts.push(await start(1));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(hosts.map((hosted) => hosted.stop()));
    await engines.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const clientOf = (key: string, api = 0): Client =>
    createClient({ baseUrl: origin, key, fetch: (request) => apis[api]!.fetch(request) });
  const register = async () => {
    const open = createClient({ baseUrl: origin, fetch: (request) => apis[0]!.fetch(request) });
    const { adminKey } = await open.identity.registerOrganization({ body: { slug: `org-${newId()}`, name: 'Acme' } });
    const client = clientOf(adminKey.token);
    const agentKey = async () => {
      const { id: agentId } = await client.agents.createAgent({ body: { name: newId(), capabilities: ['review'] } });
      const { token } = await client.identity.createKey({ body: { name: 'a', type: 'agent', agentId } });
      return { agentId, token };
    };
    const set = (scope: 'tenant' | 'agent' | 'capability' | 'tool', subject: string, limit: number) =>
      client.limits.set({ params: { scope, subject }, body: { limit, windowSeconds: hour } });
    return { client, key: adminKey.token, agentKey, set };
  };
  const send = (key: string, path: string, { api = 0, body }: { api?: number; body?: unknown } = {}) =>
    apis[api]!.fetch(
      new Request(origin + basePath + path, {
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      }),
    );
  const callTool = (key: string, name: string, api = 0) =>
    send(key, `/catalogue/${name}/call`, { api, body: { arguments: {} } });
  const createTask = (key: string, capability: string, api = 0) =>
    send(key, '/tasks', { api, body: { title: 'Do it', capability } });
  const statuses = async (answers: readonly Promise<Response>[]) =>
    (await Promise.all(answers)).map(({ status }) => status);
  const usageOf = async (client: Client, scope: string, query: { agent?: string; tool?: string } = {}) => {
    const { items } = await client.limits.usage({ query });
    return items.filter((item) => item.scope === scope && item.setBy === 'organization');
  };

  it('names the limit that refused, in the problem and in the headers [limits.clear]', async () => {
    const { key, set } = await register();
    await set('tool', 'acme_list', 2);
    for (let attempt = 0; attempt < 2; attempt += 1) expect((await callTool(key, 'acme_list')).status).toBe(404);
    const refused = await callTool(key, 'acme_list');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe('"tool";q=2;w=3600');
    expect(refused.headers.get('ratelimit')).toMatch(/^"tool";r=0;t=\d+$/u);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(hour / 2);
    const problem = (await refused.json()) as Problem;
    expect(problem).toMatchObject({
      code: 'rate_limited',
      limit: { scope: 'tool', subject: 'acme_list', limit: 2, windowSeconds: hour },
    });
    expect(problem.detail).toContain(`${String(wait)} seconds`);
  });

  it('tells in every answer how much of the tightest limit is left [limits.clear]', async () => {
    const { key, set } = await register();
    const before = await send(key, '/principal');
    expect(before.headers.get('ratelimit-policy')).toBe('"key";q=120;w=60');
    await set('tenant', '*', 5);
    const answer = await send(key, '/principal', { api: 1 });
    expect(answer.headers.get('ratelimit-policy')).toBe('"tenant";q=5;w=3600');
    expect(answer.headers.get('ratelimit')).toMatch(/^"tenant";r=4;t=\d+$/u);
    const wrong = await createTask(key, 'NOT VALID');
    expect(wrong.status).toBe(400);
    expect(wrong.headers.get('ratelimit')).toMatch(/^"tenant";r=3;/u);
  });

  it('a key, and all keys of an organization together, are held to what the operator allows', async () => {
    const { client, key } = await register();
    const { token } = await client.identity.createKey({ body: { name: 'u', type: 'user' } });
    const problems = async (answers: readonly Promise<Response>[]) => {
      const refused = (await Promise.all(answers)).filter(({ status }) => status === 429);
      return Promise.all(refused.map(async (answer) => ((await answer.json()) as Problem).limit));
    };
    const many = (by: string, count: number) =>
      Array.from({ length: count }, (_each, n) => send(by, '/principal', { api: n % 2 }));
    const ofKey = await problems(many(key, 200));
    expect(ofKey.length).toBeGreaterThan(0);
    expect(ofKey.every((limit) => limit?.scope === 'key')).toBe(true);
    const ofTenant = await problems(many(token, 119));
    expect(ofTenant.length).toBeGreaterThan(0);
    expect(ofTenant.every((limit) => limit?.scope === 'tenant' && limit.limit === 200)).toBe(true);
  });

  it('each agent has its own allowance, whatever keys it has, at all APIs together [limits.exact]', async () => {
    const { client, set, agentKey } = await register();
    const [one, other] = [await agentKey(), await agentKey()];
    const { token: second } = await client.identity.createKey({
      body: { name: 'second', type: 'agent', agentId: one.agentId },
    });
    await set('agent', '*', 10);
    const answers = Array.from({ length: 30 }, (_each, n) =>
      send(n % 3 === 0 ? second : one.token, '/principal', { api: n % 2 }),
    );
    expect((await statuses(answers)).filter((status) => status === 200)).toHaveLength(10);
    expect((await send(other.token, '/principal')).status).toBe(200);
    await set('agent', other.agentId, 1);
    expect(await statuses([send(other.token, '/principal'), send(other.token, '/principal', { api: 1 })])).toContain(
      429,
    );
  });

  it('a tool has its allowance in each organization, and for each agent and key alike [limits.exact]', async () => {
    const [one, other] = [await register(), await register()];
    await one.set('tool', '*', 4);
    await one.set('tool', 'acme_big', 6);
    await other.set('tool', '*', 4);
    const agent = await one.agentKey();
    const tries = (name: string, count: number) =>
      Array.from({ length: count }, (_each, n) => callTool(n % 2 === 0 ? one.key : agent.token, name, n % 2));
    expect((await statuses(tries('acme_list', 9))).filter((status) => status === 404)).toHaveLength(4);
    expect((await statuses(tries('acme_big', 9))).filter((status) => status === 404)).toHaveLength(6);
    expect((await callTool(other.key, 'acme_list')).status).toBe(404);
    expect((await callTool(one.key, 'acme_other')).status).toBe(404);
  });

  it('a request that one limit refuses takes nothing of the others [limits.all-or-none]', async () => {
    const { client, set, agentKey } = await register();
    const agent = await agentKey();
    await set('agent', agent.agentId, 20);
    await set('tool', 'acme_list', 1);
    await callTool(agent.token, 'acme_list');
    const [before] = await usageOf(client, 'agent');
    expect(await statuses(Array.from({ length: 10 }, () => callTool(agent.token, 'acme_list')))).toEqual(
      Array.from({ length: 10 }, () => 429),
    );
    const [after] = await usageOf(client, 'agent');
    expect(before?.remaining).toBe(19);
    expect(after?.remaining).toBe(19);
  });

  it('usage tells what is left and takes nothing; for each one, of the one that is named [limits.usage]', async () => {
    const { client, key, set } = await register();
    await set('tool', '*', 3);
    await set('tool', 'acme_big', 9);
    await callTool(key, 'acme_list');
    expect(await usageOf(client, 'tool')).toMatchObject([{ subject: '*' }, { subject: 'acme_big', remaining: 9 }]);
    expect((await usageOf(client, 'tool'))[0]?.remaining).toBeUndefined();
    for (let time = 0; time < 2; time += 1) {
      const [each] = await usageOf(client, 'tool', { tool: 'acme_list' });
      expect(each).toMatchObject({ subject: 'acme_list', limit: 3, remaining: 2, resetSeconds: 0 });
    }
    expect((await usageOf(client, 'tool', { tool: 'acme_big' })).map(({ subject }) => subject)).toEqual([
      '*',
      'acme_big',
    ]);
  });

  it('a changed limit holds at once, also at the other API, and is audited', async () => {
    const { client, key, set } = await register();
    expect(await statuses([callTool(key, 'x', 0), callTool(key, 'x', 1)])).toEqual([404, 404]);
    await set('tool', 'x', 1);
    await expect.poll(async () => (await callTool(key, 'x', 1)).status).toBe(429);
    await client.limits.delete({ params: { scope: 'tool', subject: 'x' } });
    await expect.poll(async () => (await callTool(key, 'x', 1)).status).toBe(404);
    const gone = client.limits.delete({ params: { scope: 'tool', subject: 'x' } });
    await expect(gone).rejects.toMatchObject({ code: 'not_found' });
    const { items } = await client.audit.list({ query: { limit: 20 } });
    const changes = items.filter(({ action, outcome }) => action.startsWith('limits.') && outcome === 'allowed');
    expect(changes.map(({ action, subject }) => [action, subject])).toEqual([
      ['limits.delete', 'tool:x'],
      ['limits.set', 'tool:x'],
    ]);
  });

  it.each([
    ['agent', 'not-an-id'],
    ['tenant', 'acme'],
    ['capability', 'NOT VALID'],
    ['tool', 'a.b'],
  ] as const)('refuses a limit of the scope %s for %s', async (scope, subject) => {
    const { client, set } = await register();
    await expect(set(scope, subject, 1)).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'params.subject' }],
    });
    expect((await client.limits.list()).items.map(({ setBy }) => setBy)).toEqual(['operator', 'operator']);
  });

  it('keeps an organization from changing or seeing the limits of another', async () => {
    const [one, other] = [await register(), await register()];
    await one.set('tool', '*', 1);
    expect((await other.client.limits.list()).items).toHaveLength(2);
    const { token } = await one.client.identity.createKey({ body: { name: 'u', type: 'user' } });
    const denied = clientOf(token).limits.delete({ params: { scope: 'tool', subject: '*' } });
    await expect(denied).rejects.toMatchObject({ code: 'forbidden' });
    expect((await one.client.limits.list()).items).toHaveLength(3);
  });

  it('tasks of a capability are limited where they are created by callers; those of webhooks are all made [limits.webhooks]', async () => {
    const { client, key, set } = await register();
    await set('capability', 'review', 2);
    const created = await statuses(Array.from({ length: 5 }, (_each, n) => createTask(key, 'review', n % 2)));
    expect(created.toSorted((a, b) => a - b)).toEqual([201, 201, 429, 429, 429]);
    expect((await createTask(key, 'deploy')).status).toBe(201);
    const { source, secret } = await client.webhooks.createSource({
      body: {
        name: 'github',
        kind: 'github',
        rules: [{ events: ['push'], action: { type: 'task', title: 'Review it', capability: 'review' } }],
      },
    });
    const worker = hosts[0]!.features.workers;
    for (const service of worker) await service.start();
    for (const delivery of ['1', '2', '3', '4', '5']) {
      const body = JSON.stringify({ delivery });
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const answer = await apis[0]!.fetch(
        new Request(origin + source.path, {
          method: 'POST',
          body,
          headers: {
            'content-type': 'application/json',
            'x-github-event': 'push',
            'x-github-delivery': delivery,
            'x-hub-signature-256': signature,
          },
        }),
      );
      expect(answer.status).toBe(202);
    }
    const made = async () => {
      const { items } = await client.tasks.listTasks({ query: { limit: 50 } });
      return items.filter((task) => task.source === 'webhook').length;
    };
    await expect.poll(made, { timeout: 15_000, interval: 300 }).toBe(5);
    for (const service of [...worker].toReversed()) await service.stop();
  });
});
