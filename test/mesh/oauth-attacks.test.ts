import { createClient } from '@devmesh/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import {
  addPerson,
  authorize,
  consent,
  formTokenOf,
  newPkce,
  openBrowser,
  post,
  registerClient,
  signUp,
  type Browser,
  type TestClient,
} from './oauth.fixture.ts';

describe('the authorization server under attack', () => {
  let world: TestMesh;
  let browser: Browser;
  let admin: ReturnType<typeof createClient>;
  let client: TestClient;
  beforeAll(async () => {
    world = await openTestMesh();
    ({ browser, client: admin } = await signUp(world.mesh));
    client = await registerClient(world.mesh);
  });
  afterAll(() => world.close());

  const codeFor = async (challenge: string, of = client): Promise<string> =>
    (await consent(browser, of.authorizeUrl(challenge))).searchParams.get('code') ?? '';
  const whoIs = (accessToken: string, resource = `${world.mesh.edgeUrl}/mcp/oauth`) =>
    createClient({
      baseUrl: world.mesh.apiUrl,
      key: accessToken,
      headers: { 'devmesh-resource': resource },
    }).identity.whoAmI();

  describe('authorization requests', () => {
    it.each([
      ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
      ['plain PKCE', { code_challenge_method: 'plain' }],
      ['PKCE without a method, which means plain', { code_challenge_method: undefined }],
      ['a challenge that is none', { code_challenge: 'short' }],
      ['no resource', { resource: undefined }],
      ['the resource of somebody else', { resource: 'https://evil.example/mcp' }],
      ['a resource with a fragment', { resource: 'http://127.0.0.1/mcp/oauth#x' }],
      ['the implicit grant', { response_type: 'token' }],
      ['no response type', { response_type: undefined }],
      ['scopes that nobody grants', { scope: 'organization:delete keys:write' }],
    ])('are not granted with %s, and the browser is sent nowhere without a click', async (_name, changed) => {
      const answered = await browser.get(client.authorizeUrl(newPkce().challenge, changed));
      expect(answered.status).toBe(400);
      expect(answered.headers.get('location')).toBeNull();
      const text = await answered.text();
      expect(text).not.toContain('<form');
      expect(text).toContain('error=');
    });

    it.each([
      'https://evil.example/callback',
      'http://127.0.0.1:3000/callback/more',
      'http://127.0.0.1:3000/callbackevil',
      'http://127.0.0.1:3000/callback?x=1',
      'http://127.0.0.1:3000/callback#x',
      'http://127.0.0.1.evil.example:3000/callback',
      'http://localhost:3000/callback',
      'https://127.0.0.1:3000/callback',
      'javascript:alert(1)//127.0.0.1:3000/callback',
      '',
    ])('lead to no address that was not registered: %j', async (redirectUri) => {
      const answered = await browser.get(client.authorizeUrl(newPkce().challenge, { redirect_uri: redirectUri }));
      expect(answered.status).toBe(400);
      expect(answered.headers.get('location')).toBeNull();
      expect(await answered.text()).not.toContain('href');
    });

    it('may name another port of the loopback, and are answered there', async () => {
      const { challenge } = newPkce();
      const back = await consent(
        browser,
        client.authorizeUrl(challenge, { redirect_uri: 'http://127.0.0.1:49152/callback' }),
      );
      expect(back.host).toBe('127.0.0.1:49152');
    });

    it('of a client whose id was changed or made up are refused', async () => {
      const [, statement = '', signature = ''] = client.id.split('.');
      const said = JSON.parse(Buffer.from(statement, 'base64url').toString()) as Record<string, unknown>;
      const forged = Buffer.from(JSON.stringify({ ...said, r: ['https://evil.example/callback'] })).toString(
        'base64url',
      );
      for (const id of [client.id.replace(statement, forged), `${client.id}x`, 'dmc_00000000.e30.x', signature, '']) {
        const address = client.authorizeUrl(newPkce().challenge, {
          client_id: id,
          redirect_uri: 'https://evil.example/callback',
        });
        const answered = await browser.get(address);
        expect(answered.status).toBe(400);
        expect(await answered.text()).not.toContain('<form');
      }
    });

    it('with a parameter that comes twice are refused', async () => {
      const address = client.authorizeUrl(newPkce().challenge);
      address.searchParams.append('redirect_uri', 'https://evil.example/callback');
      expect((await browser.get(address)).status).toBe(400);
    });

    it('of a browser where nobody is signed in go to the sign-in of the console, and come back', async () => {
      const address = client.authorizeUrl(newPkce().challenge);
      const answered = await openBrowser(world.mesh.apiUrl, '').get(address);
      const location = new URL(answered.headers.get('location') ?? '', world.mesh.apiUrl);
      expect(location.origin).toBe(world.mesh.apiUrl);
      expect(location.searchParams.get('return')).toBe(address.pathname + address.search);
    });

    it("name whoever answers, in the person's refusal too [edge.oauth-mix-up]", async () => {
      const back = await consent(browser, client.authorizeUrl(newPkce().challenge), 'deny');
      expect(Object.fromEntries(back.searchParams)).toMatchObject({
        error: 'access_denied',
        state: 'a state',
        iss: world.mesh.apiUrl,
      });
      expect(back.searchParams.has('code')).toBe(false);
    });
  });

  describe('the consent page', () => {
    it('is framed by nobody, runs nothing, and sends its form to us or the client alone [edge.oauth-consent]', async () => {
      const { headers } = await browser.get(client.authorizeUrl(newPkce().challenge));
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("form-action 'self' http://127.0.0.1:3000;");
      expect(policy).not.toMatch(/script-src|unsafe/u);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('shows what a client says of itself as text', async () => {
      const named = await registerClient(world.mesh, { client_name: '"><script>alert(1)</script>' });
      const text = await (await browser.get(named.authorizeUrl(newPkce().challenge))).text();
      expect(text).not.toContain('<script');
      expect(text).toContain('&lt;script&gt;');
      expect(text).toContain('127.0.0.1:3000');
      expect(text).toContain(`${world.mesh.edgeUrl}/mcp/oauth`);
    });

    it.each([
      ['from a page of another origin', { origin: 'https://evil.example' }],
      ['from a page of another site, by what the browser says', { 'sec-fetch-site': 'cross-site' }],
      ['from a page of another host of this site', { 'sec-fetch-site': 'same-site' }],
      ['without saying where it comes from', {}],
    ])('takes no answer %s', async (_name, headers) => {
      const formToken = await formTokenOf(await browser.get(client.authorizeUrl(newPkce().challenge)));
      const form = { form_token: formToken, answer: 'allow' };
      const answered = await browser.submit(`${world.mesh.apiUrl}/oauth/authorize`, form, headers);
      expect(answered.status).toBe(403);
      expect(answered.headers.get('location')).toBeNull();
    });

    it('takes an answer once, from the sign-in that was asked, and none without its token', async () => {
      const address = `${world.mesh.apiUrl}/oauth/authorize`;
      const formToken = await formTokenOf(await browser.get(client.authorizeUrl(newPkce().challenge)));
      const form = { form_token: formToken, answer: 'allow' };
      const other = await addPerson(world.mesh, admin, 'developer');
      for (const [who, fields] of [
        [other.browser, form],
        [openBrowser(world.mesh.apiUrl, ''), form],
        [browser, { answer: 'allow' }],
        [browser, { ...form, form_token: 'A'.repeat(43) }],
        [browser, { form_token: formToken }],
      ] as const) {
        const answered = await who.submit(address, fields);
        expect([400, 403]).toContain(answered.status);
        expect(answered.headers.get('location')).toBeNull();
      }
      expect((await browser.submit(address, form)).status).toBe(303);
      expect((await browser.submit(address, form)).status).toBe(400);
    });
  });

  describe('codes', () => {
    it('give tokens once; when one comes again what it gave ends [edge.oauth-codes]', async () => {
      const { verifier, challenge } = newPkce();
      const code = await codeFor(challenge);
      const { status, body } = await client.redeem(code, verifier);
      expect(status).toBe(200);
      await whoIs(body.access_token);
      const again = await client.redeem(code, verifier);
      expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      await expect(whoIs(body.access_token)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect(await client.refresh(body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });

    it('give tokens to one of many that bring the same at once', async () => {
      const { verifier, challenge } = newPkce();
      const code = await codeFor(challenge);
      const answers = await Promise.all(Array.from({ length: 8 }, () => client.redeem(code, verifier)));
      expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    });

    it.each([
      ['without its verifier', { code_verifier: undefined }, 'invalid_request'],
      ['with an empty verifier', { code_verifier: '' }, 'invalid_request'],
      ['with another verifier', { code_verifier: 'b'.repeat(43) }, 'invalid_grant'],
      ['for another redirect URI', { redirect_uri: 'http://127.0.0.1:3001/callback' }, 'invalid_grant'],
      ['without the redirect URI', { redirect_uri: undefined }, 'invalid_request'],
      ['for the resource of somebody else', { resource: 'https://evil.example/mcp' }, 'invalid_target'],
      ['without a client', { client_id: undefined }, 'invalid_client'],
      ['by an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ])('are not redeemed %s', async (_name, changed, error) => {
      const { verifier, challenge } = newPkce();
      const code = await codeFor(challenge);
      expect((await client.redeem(code, verifier, changed)).body).toMatchObject({ error });
    });

    it('are not redeemed with the challenge in place of its verifier', async () => {
      const { challenge } = newPkce();
      expect((await client.redeem(await codeFor(challenge), challenge)).body).toMatchObject({ error: 'invalid_grant' });
    });

    it('of one client open nothing for another, and are used up by the attempt', async () => {
      const thief = await registerClient(world.mesh, { client_name: 'A thief' });
      const { verifier, challenge } = newPkce();
      const code = await codeFor(challenge);
      expect((await thief.redeem(code, verifier)).body).toMatchObject({ error: 'invalid_grant' });
      expect((await client.redeem(code, verifier)).body).toMatchObject({ error: 'invalid_grant' });
    });

    it('of a client with a secret are redeemed by nobody who does not know it', async () => {
      const confidential = await registerClient(world.mesh, { token_endpoint_auth_method: 'client_secret_basic' });
      const { verifier, challenge } = newPkce();
      const code = await codeFor(challenge, confidential);
      for (const secret of [undefined, '', 'a guess', client.id]) {
        const { body } = await confidential.redeem(code, verifier, { client_secret: secret });
        expect(body).toMatchObject({ error: 'invalid_client' });
      }
      const basic = Buffer.from(`${confidential.id}:${confidential.secret ?? ''}`).toString('base64');
      const form = {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: confidential.redirectUri,
      };
      const headers = { authorization: `Basic ${basic}` };
      expect((await post(`${world.mesh.apiUrl}/oauth/token`, form, headers)).status).toBe(200);
    });
  });

  describe('access tokens', () => {
    const restApi = (token: string, headers: Readonly<Record<string, string>> = {}) =>
      createClient({ baseUrl: world.mesh.apiUrl, key: token, headers }).identity.whoAmI();

    it('for MCP are refused by the API, and for another endpoint than they were issued for [edge.audience]', async () => {
      const { access_token: token } = await authorize(client, browser);
      expect((await whoIs(token)).audience).toBe(`${world.mesh.edgeUrl}/mcp/oauth`);
      await expect(restApi(token)).rejects.toMatchObject({ code: 'unauthenticated' });
      for (const resource of [`${world.mesh.edgeUrl}/mcp`, world.mesh.apiUrl, `${world.mesh.edgeUrl}/mcp/oauth/`, '']) {
        await expect(whoIs(token, resource)).rejects.toMatchObject({ code: 'unauthenticated' });
      }
    });

    it('of the console are refused by the gateway, and by the API where a gateway speaks', async () => {
      const token = /devmesh-access=([\w.-]+)/u.exec(browser.cookie)?.[1] ?? '';
      await restApi(token);
      await expect(whoIs(token)).rejects.toMatchObject({ code: 'unauthenticated' });
      for (const path of ['/mcp', '/mcp/oauth']) {
        const response = await fetch(world.mesh.edgeUrl + path, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
        });
        expect(response.status).toBe(401);
      }
    });

    it('allow what was consented to and nothing that administers, whatever the role is', async () => {
      const owner = await addPerson(world.mesh, admin, 'admin');
      const all = await authorize(client, owner.browser);
      expect(all.scope.split(' ')).not.toContain('users:write');
      const few = await authorize(client, owner.browser, { scope: 'tools:call keys:write offline_access' });
      expect(few.scope).toBe('organization:read tools:call');
      expect((await whoIs(few.access_token)).scopes).toEqual(['organization:read', 'tools:call']);
    });
  });

  describe('refresh tokens and grants', () => {
    it('count once; one that comes again ends the sign-in', async () => {
      const tokens = await authorize(client, browser);
      const next = await client.refresh(tokens.refresh_token);
      expect(next.status).toBe(200);
      expect((await client.refresh(tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
      expect((await client.refresh(next.body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
      await expect(whoIs(next.body.access_token)).rejects.toMatchObject({ code: 'unauthenticated' });
    });

    it('of one client are nothing to another', async () => {
      const thief = await registerClient(world.mesh, { client_name: 'Another thief' });
      const tokens = await authorize(client, browser);
      expect((await thief.refresh(tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    });

    it('end with a word of their client, and of no other', async () => {
      const thief = await registerClient(world.mesh, { client_name: 'A third thief' });
      const tokens = await authorize(client, browser);
      const revoke = (by: TestClient, token: string) =>
        post(`${world.mesh.apiUrl}/oauth/revoke`, { client_id: by.id, token });
      expect((await revoke(thief, tokens.access_token)).status).toBe(200);
      await whoIs(tokens.access_token);
      expect((await revoke(client, tokens.access_token)).status).toBe(200);
      await expect(whoIs(tokens.access_token)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect((await revoke(client, 'no token at all')).status).toBe(200);
    });

    it('are taken back by the person, or by an admin, and by nobody else; then every token ends [edge.oauth-grants]', async () => {
      const ada = await addPerson(world.mesh, admin, 'developer');
      const bob = await addPerson(world.mesh, admin, 'developer');
      const tokens = await authorize(client, ada.browser);
      const clientOf = (who: { browser: Browser }) =>
        createClient({
          baseUrl: world.mesh.apiUrl,
          headers: { cookie: who.browser.cookie, origin: world.mesh.apiUrl },
        }).authorization;
      const [grant] = (await clientOf(ada).listGrants({ query: { userId: ada.user.id } })).items;
      const params = { grantId: grant?.id ?? '' };
      await expect(clientOf(bob).revokeGrant({ params })).rejects.toMatchObject({ code: 'not_found' });
      await whoIs(tokens.access_token);
      await clientOf(ada).revokeGrant({ params });
      await expect(whoIs(tokens.access_token)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect((await client.refresh(tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
      await expect(admin.authorization.revokeGrant({ params })).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  it('tells clients in its metadata only what it does', async () => {
    const metadata = await (await fetch(`${world.mesh.apiUrl}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({
      issuer: world.mesh.apiUrl,
      authorization_endpoint: `${world.mesh.apiUrl}/oauth/authorize`,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
    expect((await fetch(`${world.mesh.apiUrl}/.well-known/openid-configuration`)).status).toBe(404);
  });

  it('registers a bounded number of clients for one address, and stores none of them [edge.oauth-registration]', async () => {
    const register = () =>
      fetch(`${world.mesh.apiUrl}/oauth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://app.example.com/callback'] }),
      });
    const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await register()).status));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(15);
    expect((await register()).headers.get('retry-after')).not.toBeNull();
  });
});
