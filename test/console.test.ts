import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Client } from '@devmesh/api';
import { demoToken } from '@devmesh/mockserver';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh/mesh.ts';

const executablePath = '/usr/bin/chromium';
const root = fileURLToPath(new URL('..', import.meta.url));

// A browser of a slow machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

describe.skipIf(!existsSync(executablePath))('the console in a browser (needs /usr/bin/chromium)', () => {
  let world: TestMesh;
  let browser: Browser;
  let page: Page;
  let client: Client;
  let key: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    const build = ['node_modules/vite/bin/vite.js', 'build', 'apps/console', '--logLevel', 'error'];
    const built = spawnSync(process.execPath, build, { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`The console does not build: ${built.stderr}`);
    world = await openTestMesh();
    ({ client, key } = await world.register());
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself reports every refused request; those that are refused here are meant to be.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
    });
    await page.clock.install();
    await page.goto(world.mesh.apiUrl);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const panel = (name: string): Locator => page.getByRole('region', { name });
  const event = (type: string): Locator => panel('Live events').locator('.event', { hasText: type });
  const signIn = async (text: string): Promise<void> => {
    await page.getByLabel('API key').fill(text);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  it('refuses an unknown key and says what to do next', async () => {
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await signIn(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/neither revoked nor expired.*unauthenticated/su);
  });

  it('lets a key in without putting it into the address, and says that the feed is live', async () => {
    await signIn(key);
    await page.getByRole('status', { name: 'Live feed: live' }).waitFor();
    expect(page.url()).not.toContain(key);
    expect(await page.locator('header').first().innerText()).toContain('Acme');
    expect(await panel('What runs').innerText()).toContain('edge-mcp');
  });

  it('imports a service, lists its tools and calls one of them', async () => {
    const tools = panel('Tools');
    await tools.getByText('Import a service', { exact: true }).click();
    await tools.getByLabel('Name', { exact: true }).fill('acme');
    await tools.getByLabel('Address', { exact: true }).fill(`${world.mesh.mockUrl}/openapi.json`);
    await tools.getByLabel('Bearer token').fill(demoToken);
    await tools.getByRole('button', { name: 'Import', exact: true }).click();
    await tools.getByText('is imported').waitFor();
    await tools.getByLabel('Filter the tools').fill('listIssues');
    await tools.locator('summary', { hasText: 'acme_listIssues' }).click();
    await tools.getByLabel('Arguments (JSON)').fill('{"limit": 1}');
    await tools.getByRole('button', { name: 'Call the tool' }).click();
    await tools.getByText('ok 200').waitFor();
    await tools.locator('pre', { hasText: '"items"' }).last().waitFor();
    expect(await event('tool.imported').innerText()).toContain('acme');
  });

  it('creates an agent and shows its key once', async () => {
    const agents = panel('Agents');
    await agents.getByText('Add an agent', { exact: true }).click();
    await agents.getByLabel('Agent name').fill('reviewer');
    await agents.getByLabel('Capabilities').fill('code-review, testing');
    await agents.getByRole('button', { name: 'Add the agent and make its key' }).click();
    const token = await agents.locator('.copy-line code').innerText();
    expect(token).toMatch(/^dm_agent_/u);
    await agents.getByRole('list', { name: 'Agents' }).getByText('reviewer').waitFor();
    const { items } = await client.identity.listKeys({ query: {} });
    expect(items.filter(({ type }) => type === 'agent')).toHaveLength(1);
  });

  it('creates a task, and the live event of it appears', async () => {
    const tasks = panel('Tasks');
    await tasks.getByText('Create a task', { exact: true }).click();
    await tasks.getByLabel('Title').fill('Review the billing change');
    await tasks.getByLabel('Capability').fill('code-review');
    await tasks.getByRole('button', { name: 'Create the task' }).click();
    expect(await tasks.locator('summary', { hasText: 'Review' }).innerText()).toContain('pending');
    expect(await event('task.created').innerText()).toContain('Review the billing change');
  });

  it('shows what others do without being reloaded or asked [console.live]', async () => {
    await client.tasks.createTask({ body: { title: 'Made by somebody else', capability: 'code-review' } });
    await panel('Tasks').locator('summary', { hasText: 'Made by somebody else' }).waitFor();
    expect(await panel('Tasks').getByRole('button', { name: 'pending' }).innerText()).toMatch(/2$/u);
  });

  it('tells a search without an index from one without a match', async () => {
    const search = panel('Code search');
    await search.getByLabel('Question about the code').fill('Where is the lease renewed?');
    await search.getByRole('button', { name: 'Search' }).click();
    await search.locator('[data-outcome="not_indexed"]').waitFor();
    expect(await search.locator('[data-outcome="no_match"]').count()).toBe(0);
  });

  it('says that the platform is away instead of showing what ran before, and recovers by itself', async () => {
    await page.route('**/api/v1/**', (route) => route.abort());
    await page.clock.fastForward('00:20');
    await panel('What runs').getByRole('alert').waitFor();
    expect(await panel('What runs').innerText()).not.toContain('edge-mcp');
    await page.unroute('**/api/v1/**');
    await page.clock.fastForward('00:20');
    await panel('What runs').getByText('edge-mcp').waitFor();
  });

  it('fits a screen of 360 pixels', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    // A string: this file is checked without the types of a browser.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('stays signed in over a reload, and forgets the key when signing out', async () => {
    await page.reload();
    await panel('Tasks').getByText('Made by somebody else').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('dm_');
  });

  it('ends the session when its key is revoked', async () => {
    const { key: issued, token } = await client.identity.createKey({ body: { name: 'short', type: 'admin' } });
    await signIn(token);
    await page.getByRole('status', { name: 'Live feed: live' }).waitFor();
    await client.identity.revokeKey({ params: { keyId: issued.id } });
    await client.tasks.createTask({ body: { title: 'After the end', capability: 'code-review' } });
    await page.getByLabel('API key').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('unauthenticated');
  });

  it('broke no rule of the content security policy and threw nothing', () => {
    expect(complaints).toEqual([]);
  });
});
