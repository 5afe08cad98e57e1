import type { Role } from '@devmesh/api';
import { Secret } from '@devmesh/foundation';
import type { Database, GuardedFetch } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestProvider, type Person, type TestProvider } from './oidc.fixture.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { addUser, issuer as platform, openSignIn } from './signin.fixture.ts';

const refused = { code: 'unauthenticated' };
const redirectUri = `${platform}/sign-in`;
const caller = () => ({ address: undefined, headers: new Headers() });

const people: Readonly<Record<string, Person>> = {
  ada: {
    sub: 'ada',
    email: 'Ada@acme.example',
    email_verified: true,
    name: 'Ada Lovelace',
    groups: ['staff', 'auditors'],
  },
  eve: { sub: 'eve', email: 'ada@acme.example', email_verified: false, name: 'Eve' },
  eva: { sub: 'eva', email: 'ada@acme.example', email_verified: true, name: 'Eva' },
  bob: { sub: 'bob', email: 'bob@other.example', email_verified: true, name: 'Bob' },
};

describe('signing in at an OpenID provider', () => {
  let database: Database;
  let provider: TestProvider;
  beforeAll(async () => {
    database = await openTestDatabase();
    provider = await openTestProvider({ redirectUri, people });
  });
  afterEach(() => {
    provider.tamper(undefined);
  });
  afterAll(async () => {
    await provider.close();
    await database.close();
  });

  interface Begin extends Partial<ProviderSettings> {
    readonly email?: string;
    readonly role?: Role;
    readonly fetch?: GuardedFetch;
  }
  const begin = async ({ email, role, fetch = provider.fetch, ...settings }: Begin = {}) => {
    const world = openSignIn(database, fetch);
    const owner = await addUser(database, { role: 'owner' });
    const { tenantId, organization } = owner;
    const user =
      email === undefined
        ? undefined
        : await addUser(database, { tenantId, email, ...(role === undefined ? {} : { role }) });
    const tokens = await world.signIns.start({ ...owner, client: 'console', audience: platform }, () =>
      Promise.resolve(),
    );
    const principal = await world.signIns.authenticate(tokens.accessToken.open());
    const configured: ProviderSettings = {
      name: 'Acme SSO',
      issuer: provider.issuer,
      clientId: 'mesh',
      domains: [],
      autoProvision: false,
      defaultRole: 'developer',
      roles: [],
      ...settings,
    };
    await world.signIn.providers.set(principal, configured, new Secret(provider.clientSecret));
    const { signIn } = world;
    const start = () => signIn.provider.start(organization, caller());
    const finish = (query: string, browserSecret: string | undefined) =>
      signIn.provider.finish({ ...caller(), query, browserSecret, client: 'console' });
    const enter = async (who: string) => {
      const { url, browserSecret } = await start();
      return finish(await provider.visit(url, who), browserSecret);
    };
    const users = () =>
      database.tenant(tenantId, async (tx) => {
        const { rows } = await sql<{ email: string; name: string; role: Role; id: string }>`
          select id, email, name, role from mcp.users where role <> 'owner' or email = ${email ?? ''} order by id`.execute(
          tx,
        );
        return rows;
      });
    const trail = async () => (await world.audit.list(tenantId, { limit: 20 })).items;
    return { ...world, tenantId, organization, user, principal, configured, start, finish, enter, users, trail };
  };

  it('lets in who has the verified address of a user, and puts it on record [identity.users]', async () => {
    const { enter, signIns, user, trail } = await begin({ email: 'ada@acme.example' });
    const tokens = await enter('ada');
    expect((await signIns.authenticate(tokens.accessToken.open())).userId).toBe(user?.userId);
    expect((await trail())[0]).toMatchObject({
      action: 'signIn.finishProvider',
      outcome: 'allowed',
      actor: `user:${user?.userId ?? ''}`,
    });
  });

  it('knows a person by the subject from then on, whoever has the address', async () => {
    const { enter, signIns, user, tenantId } = await begin({ email: 'ada@acme.example' });
    await enter('ada');
    await expect(enter('eva')).rejects.toMatchObject(refused);
    await database.tenant(tenantId, (tx) =>
      sql`update mcp.users set email = 'lovelace@acme.example' where id = ${user?.userId}`.execute(tx),
    );
    const tokens = await enter('ada');
    expect((await signIns.authenticate(tokens.accessToken.open())).userId).toBe(user?.userId);
    await expect(enter('eva')).rejects.toMatchObject(refused);
  });

  it.each([
    ['an address that is not verified', { email: 'ada@acme.example' }, 'eve'],
    ['an address that nobody invited', {}, 'ada'],
    ['a user of a domain that may not', { email: 'bob@other.example', domains: ['acme.example'] }, 'bob'],
    ['a newcomer where nobody becomes a user by themselves', { domains: ['acme.example'] }, 'ada'],
    ['a newcomer of another domain', { domains: ['acme.example'], autoProvision: true }, 'bob'],
    ['a newcomer where no domain is named', { autoProvision: true }, 'ada'],
  ])('refuses %s', async (_name, settings, who) => {
    const { enter, trail, users } = await begin(settings);
    const before = await users();
    await expect(enter(who)).rejects.toMatchObject(refused);
    expect(await users()).toEqual(before);
    expect((await trail())[0]).toMatchObject({ action: 'signIn.finishProvider', outcome: 'denied' });
  });

  it('makes a user of who has an address of the domains, with the role of the claims', async () => {
    const groups = {
      roleClaim: 'groups',
      roles: [
        { value: 'bosses', role: 'admin' },
        { value: 'auditors', role: 'auditor' },
      ],
    } as const;
    const { enter, users } = await begin({ domains: ['acme.example'], autoProvision: true, ...groups });
    await enter('ada');
    expect(await users()).toMatchObject([{ email: 'ada@acme.example', name: 'Ada Lovelace', role: 'auditor' }]);
    await enter('ada');
    expect(await users()).toHaveLength(1);
  });

  it('gives the role of the claims at every sign-in, but takes the last owner away from nobody', async () => {
    const groups = { roleClaim: 'groups', roles: [{ value: 'staff', role: 'operator' }] } as const;
    const { enter, signIns, users, principal } = await begin({ email: 'ada@acme.example', role: 'owner', ...groups });
    await database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.users set status = 'disabled' where id = ${principal.userId}`.execute(tx),
    );
    await enter('ada');
    expect(await users()).toMatchObject([{ role: 'owner' }]);
    await database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.users set status = 'active' where id = ${principal.userId}`.execute(tx),
    );
    const tokens = await enter('ada');
    expect((await signIns.authenticate(tokens.accessToken.open())).role).toBe('operator');
  });

  it('refuses a user who was disabled', async () => {
    const { enter, user, tenantId } = await begin({ email: 'ada@acme.example' });
    await database.tenant(tenantId, (tx) =>
      sql`update mcp.users set status = 'disabled' where id = ${user?.userId}`.execute(tx),
    );
    await expect(enter('ada')).rejects.toMatchObject(refused);
  });

  describe('refuses', () => {
    const world = () => begin({ email: 'ada@acme.example' });

    it('an answer with another state, or none', async () => {
      const { start, finish } = await world();
      const { url, browserSecret } = await start();
      const query = new URLSearchParams(await provider.visit(url, 'ada'));
      const other = await start();
      const changed = new URLSearchParams(query);
      changed.set('state', new URL(other.url).searchParams.get('state') ?? '');
      await expect(finish(changed.toString(), browserSecret)).rejects.toMatchObject(refused);
      changed.delete('state');
      await expect(finish(changed.toString(), browserSecret)).rejects.toMatchObject(refused);
      await finish(query.toString(), browserSecret);
    });

    it('an answer in another browser than the one that began, without ending the attempt', async () => {
      const { start, finish } = await world();
      const [mine, theirs] = [await start(), await start()];
      const query = await provider.visit(mine.url, 'ada');
      for (const secret of [undefined, '', theirs.browserSecret]) {
        await expect(finish(query, secret)).rejects.toMatchObject(refused);
      }
      await finish(query, mine.browserSecret);
    });

    it('an answer that was given before', async () => {
      const { start, finish } = await world();
      const { url, browserSecret } = await start();
      const query = await provider.visit(url, 'ada');
      const answers = await Promise.allSettled([1, 2, 3].map(() => finish(query, browserSecret)));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('an answer after ten minutes', async () => {
      const { start, finish, clock } = await world();
      const { url, browserSecret } = await start();
      const query = await provider.visit(url, 'ada');
      await clock.advance(600_001);
      await expect(finish(query, browserSecret)).rejects.toMatchObject(refused);
    });

    it('a code that was given to another client', async () => {
      const { start, finish } = await world();
      const { url, browserSecret } = await start();
      const elsewhere = new URL(url);
      elsewhere.searchParams.set('client_id', 'other');
      await expect(finish(await provider.visit(elsewhere.href, 'ada'), browserSecret)).rejects.toMatchObject(refused);
    });

    it('a code that was asked for without our proof (PKCE)', async () => {
      const { start, finish } = await world();
      const { url, browserSecret } = await start();
      const injected = new URL(url);
      injected.searchParams.set('code_challenge', 'A'.repeat(43));
      await expect(finish(await provider.visit(injected.href, 'ada'), browserSecret)).rejects.toMatchObject(refused);
    });

    it('an answer of another issuer (mix-up), or of none where ours names itself', async () => {
      const { start, finish } = await world();
      for (const change of [
        (query: URLSearchParams) => query.set('iss', 'https://attacker.example'),
        (query: URLSearchParams) => query.delete('iss'),
      ]) {
        const { url, browserSecret } = await start();
        const query = new URLSearchParams(await provider.visit(url, 'ada'));
        change(query);
        await expect(finish(query.toString(), browserSecret)).rejects.toMatchObject(refused);
      }
    });

    it('an attempt whose provider was replaced meanwhile', async () => {
      const { start, finish, signIn, principal, configured } = await world();
      const { url, browserSecret } = await start();
      const query = await provider.visit(url, 'ada');
      await signIn.providers.set(principal, { ...configured, clientId: 'other' }, new Secret(provider.clientSecret));
      await expect(finish(query, browserSecret)).rejects.toMatchObject(refused);
    });

    it('what the provider itself refused, and says what it said', async () => {
      const { start, finish } = await world();
      const { url, browserSecret } = await start();
      const state = new URL(url).searchParams.get('state') ?? '';
      const query = new URLSearchParams({ state, error: 'access_denied', iss: provider.issuer });
      await expect(finish(query.toString(), browserSecret)).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining('access_denied') as string,
      });
    });

    it.each([
      ['without a nonce', ({ nonce: _nonce, ...claims }) => claims],
      ['with the nonce of another attempt', (claims) => ({ ...claims, nonce: 'of another attempt' })],
      ['for another audience', (claims) => ({ ...claims, aud: 'other' })],
      [
        'for several audiences, authorized for another',
        (claims) => ({ ...claims, aud: ['mesh', 'other'], azp: 'other' }),
      ],
      ['of another issuer', (claims) => ({ ...claims, iss: 'https://attacker.example' })],
      ['that has ended', (claims) => ({ ...claims, iat: 1_000_000_000, exp: 1_000_000_600 })],
      [
        'whose e-mail is verified only by word',
        (claims) => ({ ...claims, email: 'ada@acme.example', email_verified: 'true' }),
      ],
    ] satisfies [string, Parameters<TestProvider['tamper']>[0]][])('an ID token %s', async (_name, change) => {
      const { enter } = await world();
      provider.tamper(change);
      await expect(enter('ada')).rejects.toMatchObject(refused);
      provider.tamper((claims) => claims);
      await enter('ada');
    });

    it('an ID token that somebody else signed', async () => {
      const { enter } = await world();
      provider.tamper((claims) => claims, 'stranger');
      await expect(enter('ada')).rejects.toMatchObject(refused);
    });
  });

  describe('is configured', () => {
    it('by owners only', async () => {
      const { signIn, principal, configured, tenantId } = await begin();
      const admin = { ...principal, scopes: principal.scopes.filter((scope) => scope !== 'organization:delete') };
      await expect(signIn.providers.set(admin, configured, undefined)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(signIn.providers.remove(admin)).rejects.toMatchObject({ code: 'forbidden' });
      expect((await signIn.providers.show(tenantId)).name).toBe('Acme SSO');
      await signIn.providers.remove(principal);
      await expect(signIn.providers.show(tenantId)).rejects.toMatchObject({ code: 'not_found' });
    });

    it.each([
      ['http://attacker.example', 'invalid_request'],
      ['https://10.0.0.1', 'address_refused'],
      ['https://169.254.169.254', 'address_refused'],
      ['http://127.0.0.1:1', 'address_refused'],
    ])('but not as %s', async (issuer, code) => {
      const { signIn, principal, configured } = await begin();
      await expect(signIn.providers.set(principal, { ...configured, issuer }, undefined)).rejects.toMatchObject({
        code,
      });
    });

    it('with a secret that is stored sealed, kept, and given to no other issuer or client', async () => {
      const { signIn, principal, configured, tenantId } = await begin();
      const secret = async () => (await signIn.providers.find(tenantId))?.client.clientSecret?.open();
      const row = await signIn.providers.set(principal, { ...configured, name: 'Renamed' }, undefined);
      expect(await secret()).toBe(provider.clientSecret);
      expect(row.clientSecret?.toString('utf8')).not.toContain('secret');
      await signIn.providers.set(principal, { ...configured, clientId: 'other' }, undefined);
      expect(await secret()).toBeUndefined();
    });

    it('for one organization alone', async () => {
      const { organization, signIn } = await begin();
      const elsewhere = await addUser(database);
      expect(await signIn.provider.nameOf(organization)).toBe('Acme SSO');
      expect(await signIn.provider.nameOf(elsewhere.organization)).toBeUndefined();
      expect(await signIn.provider.nameOf('no-such-organization')).toBeUndefined();
      await expect(signIn.provider.start(elsewhere.organization, caller())).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(signIn.provider.start('no-such-organization', caller())).rejects.toMatchObject({
        code: 'not_found',
      });
    });
  });
});
