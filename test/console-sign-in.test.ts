import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@devmesh/api';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTestProvider, type TestProvider } from '../packages/features/signin/oidc.fixture.ts';
import { openTestMesh, type TestMesh } from './mesh/mesh.ts';

const executablePath = '/usr/bin/chromium';
const root = fileURLToPath(new URL('..', import.meta.url));
const password = 'correct horse battery staple';

// A browser of a slow machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

describe.skipIf(!existsSync(executablePath))('signing in with a browser (needs /usr/bin/chromium)', () => {
  let world: TestMesh;
  let provider: TestProvider;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let admin: Client;
  const organization = 'acme-sign-in';
  const complaints: string[] = [];

  beforeAll(async () => {
    const build = ['node_modules/vite/bin/vite.js', 'build', 'apps/console', '--logLevel', 'error'];
    const built = spawnSync(process.execPath, build, { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`The console does not build: ${built.stderr}`);
    world = await openTestMesh();
    const { apiUrl } = world.mesh;
    const { adminKey } = await createClient({ baseUrl: apiUrl }).identity.registerOrganization({
      body: { slug: organization, name: 'Acme', owner: { email: 'olga@acme.example', name: 'Olga Owner', password } },
    });
    admin = createClient({ baseUrl: apiUrl, key: adminKey.token });
    provider = await openTestProvider({
      redirectUri: `${apiUrl}/sign-in`,
      people: { ada: { sub: 'ada', email: 'ada@acme.example', email_verified: true, name: 'Ada Lovelace' } },
    });
    await admin.signIn.setProvider({
      body: {
        name: 'Acme SSO',
        issuer: provider.issuer,
        clientId: 'mesh',
        clientSecret: provider.clientSecret,
        domains: ['acme.example'],
        autoProvision: true,
      },
    });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, 120_000);
  beforeEach(async () => {
    context = await browser.newContext();
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
    });
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser?.close();
    await provider?.close();
    await world?.close();
  });

  const header = async (): Promise<string> => {
    await page.getByRole('status', { name: 'Live feed: live' }).waitFor();
    return page.locator('header').first().innerText();
  };
  const type = async (secret: string): Promise<void> => {
    await page.goto(world.mesh.apiUrl);
    await page.getByLabel('Organization').fill(organization);
    await page.getByLabel('E-mail address').fill('olga@acme.example');
    await page.getByLabel('Password').fill(secret);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };

  it('lets a person in with a password, without a token that a script could see [identity.users]', async () => {
    await type('wrong');
    expect(await page.getByRole('alert').innerText()).toContain('or the password is wrong');
    await type(password);
    const shown = await header();
    expect(shown).toContain('Olga Owner');
    expect(shown).toContain('owner');
    const visible = await page.evaluate(
      'JSON.stringify([sessionStorage, localStorage, document.cookie, location.href])',
    );
    expect(visible).not.toMatch(/eyJ|dmr_|devmesh-access/u);
    expect((await context.cookies()).filter(({ httpOnly }) => httpOnly).map(({ name }) => name)).toContain(
      'devmesh-access',
    );
  });

  it('stays signed in over a reload and a lapsed access token, until signing out', async () => {
    await type(password);
    await header();
    await context.clearCookies({ name: 'devmesh-access' });
    await page.reload();
    expect(await header()).toContain('Olga Owner');
    const tasks = page.getByRole('region', { name: 'Tasks' });
    await context.clearCookies({ name: 'devmesh-access' });
    await tasks.getByText('Create a task', { exact: true }).click();
    await tasks.getByLabel('Title').fill('Made with cookies');
    await tasks.getByLabel('Capability').fill('code-review');
    await tasks.getByRole('button', { name: 'Create the task' }).click();
    await tasks.locator('summary', { hasText: 'Made with cookies' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
    await page.reload();
    await page.getByLabel('Password').waitFor();
    await expect.poll(async () => (await context.cookies()).filter(({ value }) => value !== '').length).toBe(0);
  });

  it('keeps two tabs of one session in, though its refresh token counts once', async () => {
    await type(password);
    await header();
    const other = await context.newPage();
    await other.goto(world.mesh.apiUrl);
    await other.getByRole('status', { name: 'Live feed: live' }).waitFor();
    await context.clearCookies({ name: 'devmesh-access' });
    await Promise.all([page.reload(), other.reload()]);
    expect(await header()).toContain('Olga Owner');
    await other.getByRole('status', { name: 'Live feed: live' }).waitFor();
  });

  it('offers the provider of the organization, and comes back from it signed in', async () => {
    provider.expect('ada');
    await page.goto(world.mesh.apiUrl);
    await page.getByLabel('Organization').fill(organization);
    await page.getByRole('button', { name: 'Sign in with Acme SSO' }).click();
    const shown = await header();
    expect(shown).toContain('Ada Lovelace');
    expect(shown).toContain('developer');
    expect(new URL(page.url()).search).toBe('');
  });

  it('makes whoever was invited a user and signs them in, without the token staying in the address', async () => {
    const { token } = await admin.users.invite({ body: { email: 'ivy@acme.example', role: 'auditor' } });
    await page.goto(`${world.mesh.apiUrl}/invitation#${token}`);
    await page.getByLabel('Your name').fill('Ivy Invited');
    await page.getByLabel('Choose a password').fill('short but well');
    await page.getByRole('button', { name: 'Accept the invitation' }).click();
    const shown = await header();
    expect(shown).toContain('Ivy Invited');
    expect(shown).toContain('auditor');
    expect(page.url()).not.toContain(token);
  });

  it('can be done with the keyboard alone, and fits a screen of 360 pixels', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(world.mesh.apiUrl);
    await page.getByLabel('Organization').waitFor();
    for (const text of [organization, '\t', 'olga@acme.example', '\t', password]) {
      if (text === '\t') await page.keyboard.press('Tab');
      else await page.keyboard.insertText(text);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.keyboard.press('Enter');
    expect(await header()).toContain('Olga Owner');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('takes no cookie at the MCP gateway', async () => {
    await type(password);
    await header();
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const headers = { cookie, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const response = await fetch(`${world.mesh.edgeUrl}/mcp`, { method: 'POST', headers, body });
    expect(response.status).toBe(401);
  });

  it('broke no rule of the content security policy and threw nothing', () => {
    expect(complaints).toEqual([]);
  });
});
