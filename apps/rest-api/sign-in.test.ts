import { basePath, createClient } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi, type TestApi } from './rest-api.fixture.ts';

const origin = 'https://mesh.example';
const password = 'correct horse battery staple';
const own = { 'sec-fetch-site': 'same-origin' };

describe('signing in over the API', () => {
  let world: TestApi;
  let api: TestApi['api'];
  beforeAll(async () => {
    world = await openTestApi({ PUBLIC_URL: origin });
    ({ api } = world);
  });
  afterAll(() => world.close());

  interface Sent {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  }
  const send = (path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Response> =>
    api.fetch(
      new Request(origin + basePath + path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
  const post = (path: string, body: unknown, headers: Sent['headers'] = {}) =>
    send(path, { method: 'POST', body, headers });

  const register = async () => {
    const slug = `org-${newId()}`;
    const email = `ada@${slug}.example`;
    const { adminKey } = await createClient({ baseUrl: origin, fetch: api.fetch }).identity.registerOrganization({
      body: { slug, name: 'Acme', owner: { email, name: 'Ada', password } },
    });
    return { organization: slug, email, key: adminKey.token };
  };
  const cookiesOf = (response: Response) =>
    Object.fromEntries(response.headers.getSetCookie().map((line) => [line.split('=')[0] ?? '', line]));
  const cookieHeader = (response: Response): string =>
    response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  const signIn = async () => {
    const about = await register();
    const { organization, email } = about;
    const response = await post('/sign-in/password', { organization, email, password, session: 'cookie' }, own);
    return { ...about, response, cookie: cookieHeader(response) };
  };

  it('gives tokens that the API takes, that others can verify by the published keys, and that are renewed once', async () => {
    const { organization, email } = await register();
    const answer = await post('/sign-in/password', { organization, email, password });
    const { accessToken, refreshToken } = (await answer.json()) as Record<string, string>;
    const me = await send('/principal', { headers: { authorization: `Bearer ${accessToken ?? ''}` } });
    expect(await me.json()).toMatchObject({ via: 'sign-in', user: { email, role: 'owner' } });
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', origin), {
      [customFetch]: (url, init) => api.fetch(new Request(url, init)),
    });
    const { payload } = await jwtVerify(accessToken ?? '', keys, { issuer: origin, audience: origin });
    expect(payload['client_id']).toBe('cli');
    const renewed = await post('/sign-in/refresh', { refreshToken });
    expect(renewed.status).toBe(200);
    expect((await post('/sign-in/refresh', { refreshToken })).status).toBe(401);
    const ended = await send('/principal', { headers: { authorization: `Bearer ${accessToken ?? ''}` } });
    expect(ended.status).toBe(401);
  });

  it('answers a failure with 401, what is left of the tries, and no cookie', async () => {
    const { organization, email } = await register();
    const response = await post(
      '/sign-in/password',
      { organization, email, password: 'wrong', session: 'cookie' },
      own,
    );
    expect(response.status).toBe(401);
    expect(response.headers.get('ratelimit')).toContain('"account";r=9');
    expect(response.headers.getSetCookie()).toEqual([]);
    for (let guess = 0; guess < 9; guess += 1)
      await post('/sign-in/password', { organization, email, password: 'wrong' });
    const refused = await post('/sign-in/password', { organization, email, password });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
  });

  it('holds a session in cookies that no script, other site or subdomain gets, and shows no token', async () => {
    const { response } = await signIn();
    const cookies = cookiesOf(response);
    expect(Object.keys(cookies)).toEqual(['__Host-devmesh-access', '__Secure-devmesh-refresh']);
    for (const line of Object.values(cookies)) expect(line).toMatch(/; HttpOnly; SameSite=Strict; Secure$/u);
    expect(cookies['__Host-devmesh-access']).toContain('; Path=/;');
    expect(cookies['__Secure-devmesh-refresh']).toContain(`; Path=${basePath}/sign-in/refresh;`);
    expect(JSON.stringify(cookies)).not.toMatch(/domain/iu);
    expect(Object.keys((await response.json()) as object).toSorted()).toEqual([
      'accessTokenSeconds',
      'expiresAt',
      'signInId',
    ]);
  });

  it('takes a cookie for reading, and for changing something only from a page of its own', async () => {
    const { cookie } = await signIn();
    expect((await send('/principal', { headers: { cookie } })).status).toBe(200);
    const note = { title: 't', capability: 'code' };
    const from = (headers: Sent['headers']) => post('/tasks', note, { cookie, ...headers });
    expect((await from(own)).status).toBe(201);
    expect((await from({ origin })).status).toBe(201);
    for (const foreign of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin },
      { origin: 'https://attacker.example' },
      { origin: 'null' },
      { origin: `${origin}.attacker.example` },
      { origin: 'http://mesh.example' },
    ]) {
      expect((await from(foreign)).status, JSON.stringify(foreign)).toBe(403);
    }
  });

  it('asks no key where it comes from', async () => {
    const { key } = await register();
    const headers = { authorization: `Bearer ${key}`, 'sec-fetch-site': 'cross-site', origin: 'https://other.example' };
    expect((await post('/tasks', { title: 't', capability: 'code' }, headers)).status).toBe(201);
  });

  it('goes by the Authorization header alone where there is one', async () => {
    const { cookie } = await signIn();
    for (const authorization of ['', 'Bearer ', 'Bearer dm_admin_x', 'Basic YTpi', `Bearer ${'a.'.repeat(5_000)}`]) {
      expect((await send('/principal', { headers: { cookie, authorization } })).status).toBe(401);
    }
  });

  it('takes neither a key nor a planted second cookie from a cookie', async () => {
    const { cookie, key } = await signIn();
    expect((await send('/principal', { headers: { cookie: `__Host-devmesh-access=${key}` } })).status).toBe(401);
    expect((await send('/principal', { headers: { cookie: `${cookie}; __Host-devmesh-access=x` } })).status).toBe(401);
    expect((await send('/principal', { headers: { cookie: cookie.replace('__Host-', '') } })).status).toBe(401);
  });

  it('signs nobody in, and renews nothing, by cookie for a page of another site', async () => {
    const { organization, email, cookie } = await signIn();
    const foreign = { 'sec-fetch-site': 'cross-site', cookie };
    const body = { organization, email, password, session: 'cookie' };
    expect((await post('/sign-in/password', body, foreign)).status).toBe(403);
    expect((await post('/sign-in/refresh', { session: 'cookie' }, foreign)).status).toBe(403);
    expect((await post('/sign-in/provider/start', { organization }, foreign)).status).toBe(403);
    expect((await post('/sign-in/provider/finish', { query: 'state=x', session: 'cookie' }, foreign)).status).toBe(403);
    const renewed = await post('/sign-in/refresh', { session: 'cookie' }, { cookie, ...own });
    expect(renewed.status).toBe(200);
    expect(Object.keys(cookiesOf(renewed))).toHaveLength(2);
  });

  it('forgets the cookies and ends the session when signing out', async () => {
    const { cookie } = await signIn();
    const out = await send('/sign-out', { method: 'POST', headers: { cookie, ...own } });
    expect(out.status).toBe(204);
    for (const line of out.headers.getSetCookie()) expect(line).toContain('Max-Age=0');
    expect((await send('/principal', { headers: { cookie } })).status).toBe(401);
    expect((await post('/sign-in/refresh', { session: 'cookie' }, { cookie, ...own })).status).toBe(401);
  });

  it('lists, and ends, the sign-ins of a person', async () => {
    const { cookie, key, organization, email } = await signIn();
    await post('/sign-in/password', { organization, email, password });
    const headers = { cookie, ...own };
    const { items } = (await (await send('/sign-ins', { headers })).json()) as {
      items: { id: string; client: string; current: boolean }[];
    };
    expect(items).toMatchObject([
      { client: 'cli', current: false },
      { client: 'console', current: true },
    ]);
    const ended = await send(`/sign-ins/${items[0]?.id ?? ''}`, { method: 'DELETE', headers });
    expect(await ended.json()).toMatchObject({ endReason: 'revoked' });
    const admin = createClient({ baseUrl: origin, fetch: api.fetch, key });
    const [user] = (await admin.users.list({ query: {} })).items;
    const params = { userId: user?.id ?? '' };
    expect((await admin.signIn.listSignInsOfUser({ params, query: {} })).items).toHaveLength(2);
    expect(await admin.signIn.revokeSignInsOfUser({ params })).toEqual({ ended: 1 });
    expect((await send('/principal', { headers })).status).toBe(401);
  });

  it('answers for the people and sign-ins of another organization as for none', async () => {
    const [mine, theirs] = [await register(), await signIn()];
    const admin = createClient({ baseUrl: origin, fetch: api.fetch, key: mine.key });
    const other = createClient({ baseUrl: origin, fetch: api.fetch, key: theirs.key });
    const [user] = (await other.users.list({ query: {} })).items;
    const messageFor = async (userId: string) => {
      const error: unknown = await admin.signIn
        .revokeSignInsOfUser({ params: { userId } })
        .catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'not_found' });
      return String(error).replace(userId, '');
    };
    expect(await messageFor(user?.id ?? '')).toBe(await messageFor(newId()));
  });

  it('tells nobody which organizations exist', async () => {
    const { organization } = await register();
    const answerFor = async (slug: string) => (await send(`/sign-in?organization=${slug}`)).json();
    expect(await answerFor(organization)).toEqual(await answerFor('no-such-organization'));
  });
});
