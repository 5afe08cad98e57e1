import { createClient, upstreamAuthorizationHeader, type Client } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { addPerson, openBrowser, type Browser } from './oauth.fixture.ts';

const server = 'standard~mesh';

interface Started {
  readonly url: string;
  readonly confirmationCode: string;
}

/** What a page of the end of a consent holds: every hidden field of its form. */
function fieldsOf(page: string): Record<string, string> {
  const found = [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/gu)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
}

describe('connections through the whole mesh', () => {
  let world: TestMesh;
  let callback: string;
  let admin: Client;
  let adminKey: string;
  let ada: Awaited<ReturnType<typeof newPerson>>;
  let nobody: Browser;
  beforeAll(async () => {
    world = await openTestMesh();
    const { apiUrl, mockUrl } = world.mesh;
    ({ client: admin, key: adminKey } = await world.register());
    callback = `${apiUrl}/api/v1/connections/callback`;
    nobody = openBrowser(apiUrl, '');
    await control(`/oauth/${server}/clients`, {
      id: 'devmesh',
      secret: 'a-secret-1234567890',
      redirectUris: [callback],
    });
    await admin.connections.addProvider({
      body: {
        name: 'standard',
        preset: 'generic',
        endpoints: { issuer: `${mockUrl}/oauth/${server}` },
        clientId: 'devmesh',
        clientSecret: 'a-secret-1234567890',
        apiHosts: [new URL(mockUrl).host],
      },
    });
    ada = await newPerson();
  });
  afterAll(() => world.close());

  const control = async (path: string, body?: object): Promise<Response> =>
    fetch(`${world.mesh.mockUrl}/_control${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const exchanges = async (): Promise<number> =>
    ((await (await control(`/oauth/${server}`)).json()) as { exchanges: number }).exchanges;
  const newPerson = async () => {
    const { browser } = await addPerson(world.mesh, admin, 'admin');
    const access = browser.cookie.split('; ').find((pair) => pair.startsWith('devmesh-access='));
    const key = access?.split('=')[1] ?? '';
    return { browser, client: createClient({ baseUrl: world.mesh.apiUrl, key }) };
  };
  const start = (client: Client, mode: 'user' | 'organization' = 'user'): Promise<Started> =>
    client.connections.start({ body: { provider: 'standard', mode } });
  /** Somebody consents in a browser, which the provider then sends to us; from another site, so without our cookies. */
  const comeBack = async (url: string) => {
    const answer = await fetch(url, { redirect: 'manual' });
    const location = answer.headers.get('location') ?? '';
    expect(location.startsWith(`${callback}?`)).toBe(true);
    const page = await nobody.get(location);
    return { location, page, fields: fieldsOf(await page.clone().text()) };
  };
  const connectionsOf = async (client: Client) => (await client.connections.list({ query: {} })).items;
  /** Nothing was asked of the provider and nothing stored while something ran. */
  const expectNothing = async (client: Client, work: () => Promise<void>): Promise<void> => {
    const before = await exchanges();
    await work();
    expect(await exchanges()).toBe(before);
    expect(await connectionsOf(client)).toEqual([]);
  };

  it('are made by the button of a page, in the browser of who began them, once [connections.own-browser]', async () => {
    const { url } = await start(ada.client);
    const { page, fields } = await comeBack(url);
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toMatch(/<button>Connect standard to Acme as [\w.]+@acme\.example<\/button>/u);
    expect(text).not.toMatch(/<script|confirmation_code/u);
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self';/u,
    );
    expect(page.headers.get('referrer-policy')).toBe('strict-origin');
    const done = await ada.browser.submit(callback, fields);
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('standard is connected')]);
    expect(await connectionsOf(ada.client)).toMatchObject([{ status: 'active', mode: 'user' }]);
    expect((await ada.browser.submit(callback, fields)).status).toBe(400);
  });

  it('come of no visit alone, however often and whoever is signed in: the page connects nothing by itself [connections.own-browser]', async () => {
    const bob = await newPerson();
    await expectNothing(bob.client, async () => {
      const { location } = await comeBack((await start(bob.client)).url);
      for (const browser of [nobody, ada.browser, bob.browser]) {
        expect((await browser.get(location)).status).toBe(200);
      }
    });
  });

  it('are not made by whom another person lured to the provider, signed in or not [connections.own-browser]', async () => {
    const mallory = await newPerson();
    const stranger = await addPerson(world.mesh, (await world.register()).client, 'admin');
    await expectNothing(mallory.client, async () => {
      const { fields } = await comeBack((await start(mallory.client)).url);
      const asked = await nobody.submit(callback, fields);
      expect(asked.status).toBe(403);
      expect(await asked.text()).toContain(`/?return=${encodeURIComponent('/api/v1/connections/callback?')}`);
      const begun = [await start(mallory.client), await start(mallory.client)];
      for (const [index, { browser }] of [ada, stranger].entries()) {
        const { url, confirmationCode } = begun[index] ?? { url: '', confirmationCode: '' };
        const lured = await comeBack(url);
        // Not with the right code either, which may have been handed to them as well; and that ends it.
        const refused = await browser.submit(callback, { ...lured.fields, confirmation_code: confirmationCode });
        expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('somebody else')]);
        expect((await mallory.browser.submit(callback, lured.fields)).status).toBe(400);
      }
    });
    const { items } = await admin.audit.list({ query: { action: 'connections.callback', limit: 2 } });
    expect(items.map(({ outcome }) => outcome)).toEqual(['denied', 'denied']);
  });

  it("are not made with another person's code under one's own state [connections.state]", async () => {
    const mallory = await newPerson();
    const victim = await comeBack((await start(ada.client)).url);
    const own = await comeBack((await start(mallory.client)).url);
    const crossed = { ...own.fields, code: victim.fields['code'] ?? '' };
    expect((await mallory.browser.submit(callback, crossed)).status).toBe(400);
    expect((await mallory.browser.submit(callback, victim.fields)).status).toBe(403);
    expect(await connectionsOf(mallory.client)).toEqual([]);
  });

  it('are not made by a form of another site [connections.own-browser]', async () => {
    const bob = await newPerson();
    const { fields } = await comeBack((await start(bob.client)).url);
    const { apiUrl } = world.mesh;
    await expectNothing(bob.client, async () => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: apiUrl, 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'null' },
        {},
      ]) {
        expect((await bob.browser.submit(callback, fields, headers as Record<string, string>)).status).toBe(403);
      }
    });
    expect((await bob.browser.submit(callback, fields)).status).toBe(200);
  });

  it('that a terminal began are confirmed by its code where nobody is signed in [connections.own-browser]', async () => {
    const bob = await newPerson();
    const { url, confirmationCode } = await start(bob.client);
    expect(confirmationCode).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/u);
    const { fields } = await comeBack(url);
    expect(JSON.stringify(fields)).not.toContain(confirmationCode);
    const asked = await nobody.submit(callback, fields);
    expect(await asked.text()).toContain('name="confirmation_code"');
    const typed = confirmationCode.toLowerCase().replace('-', ' ');
    expect((await nobody.submit(callback, { ...fields, confirmation_code: typed })).status).toBe(200);
    expect(await connectionsOf(bob.client)).toHaveLength(1);
  });

  it("that a key of nobody's began are confirmed by its code only, whoever is signed in [connections.own-browser]", async () => {
    const { client } = await world.register();
    const { mockUrl } = world.mesh;
    const provider = { issuer: `${mockUrl}/oauth/${server}` };
    const body = { name: 'standard', preset: 'generic', endpoints: provider, clientId: 'devmesh' } as const;
    const rest = { clientSecret: 'a-secret-1234567890', apiHosts: [new URL(mockUrl).host] };
    await client.connections.addProvider({ body: { ...body, ...rest } });
    const { url, confirmationCode } = await start(client, 'organization');
    const { page, fields } = await comeBack(url);
    expect(await page.text()).toContain('name="confirmation_code"');
    await expectNothing(client, async () => {
      expect((await ada.browser.submit(callback, fields)).status).toBe(403);
      expect((await ada.browser.submit(callback, { ...fields, confirmation_code: 'BCDF-GHJK' })).status).toBe(403);
    });
    expect((await nobody.submit(callback, { ...fields, confirmation_code: confirmationCode })).status).toBe(200);
    expect(await connectionsOf(client)).toMatchObject([{ mode: 'organization' }]);
  });

  it('are refused to whoever guesses: five wrong codes end a consent, the right one included [connections.own-browser]', async () => {
    const bob = await newPerson();
    const { url, confirmationCode } = await start(bob.client);
    const { fields } = await comeBack(url);
    const enter = async (code: string) => {
      const answer = await nobody.submit(callback, { ...fields, confirmation_code: code });
      return [answer.status, /Tries left: (\d)/u.exec(await answer.text())?.[1]];
    };
    await expectNothing(bob.client, async () => {
      for (const left of ['4', '3', '2', '1']) expect(await enter('BCDF-GHJK')).toEqual([403, left]);
      expect(await enter('x'.repeat(2_000))).toEqual([403, undefined]);
      expect(await enter(confirmationCode)).toEqual([400, undefined]);
      expect((await bob.browser.submit(callback, fields)).status).toBe(400);
    });
  });

  it("send a person's own credential to the service it names, for one call [connections.pass-through]", async () => {
    const { mockUrl } = world.mesh;
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'API', version: '1' },
      servers: [{ url: `${mockUrl}/oauth/${server}/api` }],
      paths: { '/things': { get: { operationId: 'read' } } },
    });
    const name = `api_${newId().slice(-6)}`;
    await admin.tools.importTool({
      body: { name, document, credential: { kind: 'bearer', token: 'stored-1234567890' } },
    });
    const form = { grant_type: 'client_credentials', client_id: 'devmesh', client_secret: 'a-secret-1234567890' };
    const granted = await fetch(`${mockUrl}/oauth/${server}/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const { access_token: own = '' } = (await granted.json()) as { access_token?: string };
    expect(own).not.toBe('');
    const call = (service: string) =>
      fetch(`${world.mesh.apiUrl}/api/v1/catalogue/${name}_read/call`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${adminKey}`,
          'content-type': 'application/json',
          [upstreamAuthorizationHeader]: `${service} Bearer ${own}`,
        },
        body: '{}',
      });
    expect((await call(name)).status).toBe(403);
    await admin.organizations.changeSettings({ body: { passThrough: true } });
    const answer = await call(name);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ status: 200, structured: { authorization: 'Bearer [redacted]' } });
    expect(text).not.toContain(own);
    expect(await (await call('another')).json()).toMatchObject({ isError: true, status: 401 });
    const { items } = await admin.audit.list({ query: { action: 'tools.call', limit: 3 } });
    expect(items.map(({ outcome, detail }) => [outcome, detail['passThrough']])).toEqual([
      ['failed', undefined],
      ['allowed', true],
      ['denied', true],
    ]);
    expect(JSON.stringify(items)).not.toContain(own);
  });
});
