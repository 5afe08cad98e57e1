import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@devmesh/api';
import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, openPostgres, productMigrations, type Database } from '@devmesh/infrastructure';
import { demoToken, signGitHub } from '@devmesh/mockserver';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestEngines, type TestEngines } from '@devmesh/testkit';
import { register } from './mesh.ts';
import { meshEnvironment, startProgram, type Program } from './process.ts';

const secret = 'the secret of the source';

const onServer = (process.env['DATABASE_URL'] ?? '') !== '';

describe('a mesh in a process of its own', { timeout: 180_000 }, () => {
  let folder: string;
  let environment: Record<string, string>;
  let engines: TestEngines;
  const running = new Set<Program>();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-survival-'));
    engines = await openTestEngines();
    environment = { ...meshEnvironment(folder), ...engines.variables };
  });
  afterEach(async () => {
    for (const { child, ended } of running) {
      child.kill('SIGKILL');
      await ended;
    }
    running.clear();
    await engines.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (words: readonly string[], more: Record<string, string> = {}): Program => {
    const started = startProgram('devmesh', { words, environment: { ...environment, ...more } });
    running.add(started);
    return started;
  };
  const up = async () => {
    const mesh = start(['up']);
    const [, apiUrl] = await mesh.printed(/Console +(http\S+)/u);
    return { mesh, apiUrl: apiUrl! };
  };
  const createSource = async (apiUrl: string) => {
    const { client, key } = await register({ apiUrl });
    const action = { type: 'task' as const, title: 'Review {repository.full_name}', capability: 'review' };
    const rules = [{ events: ['push'], action }];
    const { source } = await client.webhooks.createSource({ body: { name: 'github', kind: 'github', secret, rules } });
    return { key, path: source.path };
  };
  const deliver = async (url: string, delivery: string): Promise<boolean> => {
    const body = JSON.stringify({ repository: { full_name: `acme/${delivery}` } });
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': signGitHub(secret, body),
    };
    try {
      return (await fetch(url, { method: 'POST', headers, body })).status === 202;
    } catch {
      // The process was killed while it answered: not acknowledged, so nothing was promised.
      return false;
    }
  };

  const openData = (): Promise<Database> => {
    const url = engines.variables['DATABASE_URL'];
    const telemetry = silentTelemetry;
    if (url !== undefined) return Promise.resolve(openPostgres({ url, pool: 1, telemetry }));
    return openEmbeddedDatabase({ folder: join(folder, 'database'), telemetry, migrations: productMigrations });
  };
  /** The webhook events of every organization, by status; read while no mesh runs. */
  const countEvents = async () => {
    const database = await openData();
    const { rows } = await database.system('sweep', (tx) =>
      sql<{ status: string; count: number }>`
        select status, count(*) as count from mcp.webhook_events group by status order by status`.execute(tx),
    );
    await database.close();
    return rows;
  };

  it('loses no acknowledged webhook to kill -9, and doubles no effect [demo.kill-loses-nothing]', async () => {
    const acknowledged = new Set<string>();
    let source: { key: string; path: string } | undefined;
    for (let round = 0; round < 3; round++) {
      const { mesh, apiUrl } = await up();
      source ??= await createSource(apiUrl);
      const { path } = source;
      const deliveries = Array.from({ length: 40 }, (_value, index) => `r${String(round)}-${String(index)}`);
      const sending = Promise.all(
        deliveries.map(async (delivery, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * 15));
          if (await deliver(apiUrl + path, delivery)) acknowledged.add(delivery);
        }),
      );
      await expect.poll(() => acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(round * 15 + 10);
      mesh.child.kill('SIGKILL');
      await Promise.all([sending, mesh.ended]);
    }
    const { apiUrl } = await up();
    const client = createClient({ baseUrl: apiUrl, key: source!.key });
    const titles = async (): Promise<string[]> => {
      const { items } = await client.tasks.listTasks({ query: { limit: 200 } });
      return items.map(({ title }) => title.replace('Review acme/', ''));
    };
    const missing = async () => {
      const found = await titles();
      return [...acknowledged].filter((delivery) => !found.includes(delivery));
    };
    await expect.poll(missing, { timeout: 60_000, interval: 500 }).toEqual([]);
    const found = await titles();
    expect(new Set(found).size).toBe(found.length);
    expect(acknowledged.size).toBeGreaterThan(40);
  });

  it('loses no record of a call that was answered to kill -9, and doubles none [audit.every-write, journal.survives]', async () => {
    let key = '';
    const answered: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { mesh, apiUrl } = await up();
      if (key === '') {
        const registered = await register({ apiUrl });
        key = registered.key;
        const mockUrl = (await mesh.printed(/Mock +(http\S+)/u))[1]!;
        const credential = { kind: 'bearer' as const, token: demoToken };
        await registered.client.tools.importTool({
          body: { name: 'acme', url: `${mockUrl}/openapi.json`, credential },
        });
      }
      const client = createClient({ baseUrl: apiUrl, key });
      // The mock of the second round listens elsewhere: a call that gets no answer from it is answered with that, and is on record too.
      const calling = Array.from({ length: 4 }, async () => {
        for (;;) {
          const call = client.tools.callTool({ params: { name: 'acme_listIssues' }, body: { arguments: {} } });
          const outcome = await call.then(String, (error: unknown) => (error instanceof MeshError ? error.code : ''));
          if (mesh.child.killed && outcome !== '[object Object]') return;
          answered.push(outcome);
        }
      });
      await expect.poll(() => answered.length, { timeout: 30_000 }).toBeGreaterThan((round + 1) * 40);
      mesh.child.kill('SIGKILL');
      await Promise.all([...calling, mesh.ended]);
    }
    const { apiUrl } = await up();
    const client = createClient({ baseUrl: apiUrl, key });
    const calls: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await client.audit.list({ query: { action: 'tools.call', limit: 200, cursor } });
      calls.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls.length).toBeGreaterThanOrEqual(answered.length);
    // Those that were under way when it was killed.
    expect(calls.length).toBeLessThanOrEqual(answered.length + 8);
  });

  it('starts every service by one command and prints where each is, and how to connect [start.one-command]', async () => {
    const { mesh, apiUrl } = await up();
    const edgeUrl = (await mesh.printed(/MCP +(http\S+)\/mcp/u))[1]!;
    const mockUrl = (await mesh.printed(/Mock +(http\S+)/u))[1]!;
    const { components } = await createClient({ baseUrl: apiUrl }).system.health();
    expect(components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['database', 'mockserver', 'worker', 'rag-loader', 'rest-api', 'edge-mcp']),
    );
    expect(components.filter(({ ready }) => !ready)).toEqual([]);
    for (const url of [`${edgeUrl}/health`, `${mockUrl}/health`, apiUrl]) expect((await fetch(url)).status).toBe(200);
    for (const client of ['Claude Code (HTTP)', 'Claude Code (WebSocket)', 'Cursor', 'VS Code', 'Codex']) {
      expect(mesh.output()).toContain(client);
    }
  });

  it('keeps everything over a stop and a start, and shows the keys only once [start.keeps-everything, start.key-once]', async () => {
    const first = await up();
    const [, adminKey] = await first.mesh.printed(/Admin key +(dm_admin_\w+)/u);
    const task = await createClient({ baseUrl: first.apiUrl, key: adminKey! }).tasks.createTask({
      body: { title: 'kept', capability: 'x' },
    });
    first.mesh.child.kill('SIGTERM');
    expect(await first.mesh.ended).toBe(0);
    const second = await up();
    const client = createClient({ baseUrl: second.apiUrl, key: adminKey! });
    expect(await client.tasks.getTask({ params: { taskId: task.id } })).toMatchObject({ title: 'kept' });
    expect(second.mesh.output()).not.toContain('dm_admin_');
  });

  it.skipIf(onServer)(
    'refuses a second process on the same folder in one sentence (embedded database only) [start.refuses-clearly]',
    async () => {
      await up();
      const second = start(['up']);
      expect(await second.ended).toBe(1);
      expect(second.output()).toMatch(/^folder_in_use: .+\n.+\n$/u);
    },
  );

  it('refuses a port that is in use in one sentence, and releases the folder [start.refuses-clearly]', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
    const { port } = taken.address() as { port: number };
    const refused = start(['up'], { EDGE_PORT: String(port) });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toMatch(/^port_in_use: .+\n.+\n$/u);
    taken.close();
    await up();
  });

  it('lists every wrong variable at once, and never its value [start.refuses-clearly, config.all-problems]', async () => {
    const refused = start(['up'], { DATABASE_URL: 'mysql://user:hunter2@host/db', EDGE_PORT: 'many' });
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toContain('DATABASE_URL');
    expect(refused.output()).toContain('EDGE_PORT');
    expect(refused.output()).not.toContain('hunter2');
  });

  it('proves the main job by `devmesh demo`, also after the demo was killed [demo.main-job, demo.both-engine-sets]', async () => {
    const repository = await mkdtemp(join(tmpdir(), 'devmesh-repository-'));
    try {
      const git = (...words: string[]) =>
        execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...words]);
      git('init', '-q');
      const code =
        'export function verifyWebhookSignature(body: Buffer, signature: string): boolean {\n  return true;\n}\n';
      await writeFile(join(repository, 'signature.ts'), code);
      git('add', '.');
      git('commit', '-q', '-m', 'first');
      const words = ['demo', '--data', folder, '--repository', repository, '--question', 'verify webhook signature'];
      const killed = start(words);
      await killed.printed(/acknowledged with 202/u);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const again = start(words);
      expect(await again.ended, again.output()).toBe(0);
      expect(again.output()).toContain('signature.ts:1');
      expect(again.output()).toContain('All steps passed');
      expect(await countEvents()).toEqual([{ status: 'processed', count: 2 }]);
    } finally {
      await rm(repository, { recursive: true, force: true });
    }
  });
});
