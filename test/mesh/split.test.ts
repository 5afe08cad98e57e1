import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectMcp } from '@devmesh/mcp/client';
import { demoToken, signGitHub } from '@devmesh/mockserver';
import { openTestEngines, type TestEngines } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from './mesh.ts';
import { startProgram, type Program } from './process.ts';

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';
const apps = ['rest-api', 'worker', 'rag-loader'] as const;

describe.skipIf(!onServer)(
  'five services, each in a process of its own (skipped without DATABASE_URL)',
  { timeout: 120_000 },
  () => {
    let folder: string;
    let engines: TestEngines;
    const running: Program[] = [];
    const urls = { api: '', edge: '', mock: '' };
    const shared = {
      MASTER_KEY: randomBytes(32).toString('base64'),
      REGISTRATION: 'open',
      OUTBOUND_ALLOW_HOSTS: '127.0.0.1',
      REPOSITORY_ROOTS: '',
    };
    let api: Program;

    const start = (app: string, more: Record<string, string> = {}): Program => {
      const environment = {
        ...engines.variables,
        DATA_DIR: folder,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        ...more,
      };
      const program = startProgram(app, { environment });
      running.push(program);
      return program;
    };
    const urlOf = async (program: Program): Promise<string> =>
      (await program.printed(/"url\.full":"(http[^"]+)"/u))[1]!.replace(/\/$/u, '');

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'devmesh-split-'));
      engines = await openTestEngines();
      shared.REPOSITORY_ROOTS = folder;
      urls.mock = await urlOf(start('mockserver'));
      const [first, ...others] = apps.map((app) => start(app, shared));
      api = first!;
      urls.api = await urlOf(api);
      for (const other of others) await other.printed(/service started/u);
      urls.edge = await urlOf(start('edge-mcp', { PLATFORM_URL: urls.api }));
    }, 120_000);
    afterAll(async () => {
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all(running.map(({ ended }) => ended));
      await engines.drop();
      await rm(folder, { recursive: true, force: true });
    });

    it('do the main job together: a tool, a webhook, a task, an agent', async () => {
      const { client, key } = await register({ apiUrl: urls.api });
      await client.tools.importTool({
        body: { name: 'acme', url: `${urls.mock}/openapi.json`, credential: { kind: 'bearer', token: demoToken } },
      });
      const human = await connectMcp({ url: `${urls.edge}/mcp`, key, name: 'test', version: '1' });
      const issues = await human.client.callTool({ name: 'acme_listIssues', arguments: { limit: 1 } });
      expect(issues.structuredContent).toMatchObject({ items: [{}] });
      await human.close();

      const { id: agentId } = await client.agents.createAgent({ body: { name: 'a', capabilities: ['review'] } });
      const { token } = await client.identity.createKey({ body: { name: 'a', type: 'agent', agentId } });
      const heard: { method: string; params?: Record<string, unknown> | undefined }[] = [];
      const agent = await connectMcp({
        url: `${urls.edge.replace('http', 'ws')}/ws`,
        key: token,
        name: 'agent',
        version: '1',
        prepare: (mcp) => {
          mcp.fallbackNotificationHandler = (notification) => {
            heard.push(notification);
            return Promise.resolve();
          };
        },
      });
      await agent.client.ping();
      const { source, secret } = await client.webhooks.createSource({
        body: {
          name: 'github',
          kind: 'github',
          rules: [{ events: ['push'], action: { type: 'task', title: 'Review', capability: 'review' } }],
        },
      });
      const body = JSON.stringify({ ref: 'refs/heads/main' });
      const headers = {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': 'd-1',
        'x-hub-signature-256': signGitHub(secret, body),
      };
      const acknowledged = await fetch(urls.api + source.path, { method: 'POST', headers, body });
      expect(acknowledged.status).toBe(202);
      const told = () => heard.find(({ method }) => method === 'notifications/devmesh/task.assigned')?.params;
      await expect.poll(told, { timeout: 30_000 }).toMatchObject({ title: 'Review' });
      const { taskId, fence } = told() as { taskId: string; fence: number };
      await agent.client.callTool({ name: 'devmesh.task.complete', arguments: { taskId, fence } });
      expect(await client.tasks.getTask({ params: { taskId } })).toMatchObject({ status: 'completed', agentId });
      await agent.close();
    });

    it('lose the API to a kill: the gateway answers meanwhile, and goes on when it is back [edge.platform-down]', async () => {
      const { client, key } = await register({ apiUrl: urls.api });
      const heard: string[] = [];
      const connect = () =>
        connectMcp({
          url: `${urls.edge.replace('http', 'ws')}/ws`,
          key,
          name: 'test',
          version: '1',
          prepare: (mcp) => {
            mcp.fallbackNotificationHandler = ({ method }) => Promise.resolve(void heard.push(method));
          },
        });
      const before = await connect();
      const { tools } = await before.client.listTools();

      running.splice(running.indexOf(api), 1);
      api.child.kill('SIGKILL');
      await api.ended;
      const after = await connect();
      await after.client.ping();
      const stale = await after.client.listTools();
      expect(stale).toMatchObject({ tools, _meta: { 'devmesh/stale': { since: expect.any(String) } } });
      const call = () => before.client.callTool({ name: 'devmesh.task.list', arguments: {} });
      await expect(call()).rejects.toMatchObject({
        data: { code: 'unavailable', retryAfterSeconds: expect.any(Number) },
      });

      api = start('rest-api', { ...shared, PORT: new URL(urls.api).port });
      await expect.poll(() => heard, { timeout: 60_000 }).toContain('notifications/tools/list_changed');
      expect(await call()).toMatchObject({ structuredContent: { items: [] } });
      await client.tasks.createTask({ body: { title: 'Again', capability: 'review' } });
      expect(await call()).toMatchObject({ structuredContent: { items: [{ title: 'Again' }] } });
      expect(await after.client.listTools()).not.toHaveProperty('_meta');
      await Promise.all([before.close(), after.close()]);
    });

    it('stop cleanly when they are told to', async () => {
      for (const { child } of running) child.kill('SIGTERM');
      const codes = await Promise.all(running.map(({ ended }) => ended));
      expect(codes, running.map((program) => program.output()).join('\n---\n')).toEqual(running.map(() => 0));
    });
  },
);

describe('a service alone', () => {
  it.each(apps)('%s refuses the embedded database in one sentence', async (app) => {
    const alone = startProgram(app, { environment: { DATABASE_URL: '', DATA_DIR: '/nonexistent' } });
    expect(await alone.ended).toBe(1);
    expect(alone.output()).toMatch(/^invalid_config: .+DATABASE_URL.+\n.+\n$/u);
  });
});
