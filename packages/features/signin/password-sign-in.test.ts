import { Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { addUser, openSignIn, type TestUser } from './signin.fixture.ts';

const right = 'correct horse battery staple';
const wrong = { code: 'unauthenticated', message: 'The organization, the e-mail address or the password is wrong.' };

describe('signing in with a password', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const begin = async () => {
    const world = openSignIn(database);
    const user = await addUser(database, { passwordHash: await world.passwords.hash(new Secret(right)) });
    const enter = (password: string, about: Partial<TestUser> & { address?: string } = {}, headers = new Headers()) =>
      world.signIn.password.signIn({
        organization: about.organization ?? user.organization,
        email: about.email ?? user.email,
        password: new Secret(password),
        client: 'console',
        address: about.address,
        headers,
      });
    const change = (text: string) =>
      world.principals.change(user.tenantId, () =>
        database.tenant(user.tenantId, (tx) => sql`${sql.raw(text)} where id = ${user.userId}`.execute(tx)),
      );
    const trail = async () => (await world.audit.list(user.tenantId, { limit: 20 })).items;
    return { ...world, user, enter, change, trail };
  };

  it('opens a sign-in for the right one, notes when, and puts it on record [identity.users]', async () => {
    const { enter, signIns, user, trail } = await begin();
    const tokens = await enter(right);
    expect(await signIns.authenticate(tokens.accessToken.open())).toMatchObject({
      userId: user.userId,
      via: 'sign-in',
    });
    expect(await trail()).toMatchObject([
      { action: 'signIn.password', actor: `user:${user.userId}`, outcome: 'allowed', subject: tokens.signIn.signInId },
    ]);
    const stored = await database.tenant(user.tenantId, async (tx) => {
      const { rows } = await sql<{ at: Date | null }>`select last_signed_in_at as at from mcp.users`.execute(tx);
      return rows[0]?.at;
    });
    expect(stored).not.toBeNull();
  });

  it('lets nobody in where the organization turned passwords off', async () => {
    const { enter, user } = await begin();
    const set = (settings: object) =>
      database.tenant(user.tenantId, (tx) =>
        sql`update mcp.organizations set settings = ${JSON.stringify(settings)}::text::jsonb`.execute(tx),
      );
    await set({ passwordSignIn: false });
    await expect(enter(right)).rejects.toMatchObject(wrong);
    await set({ sessionMaximumHours: 2 });
    const { signIn } = await enter(right);
    // And for no longer than the organization says.
    expect(signIn.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(2 * 3_600_000);
  });

  it('fails alike, with the work of one comparison, whatever was wrong', async () => {
    const { enter, verified, change, user } = await begin();
    const failures = [
      () => enter('wrong'),
      () => enter(right, { email: 'nobody@acme.example' }),
      () => enter(right, { organization: 'no-such-organization' }),
      async () => {
        await change(`update mcp.users set status = 'disabled'`);
        return enter(right);
      },
      async () => {
        await change(`update mcp.users set status = 'active', password_hash = null`);
        return enter(right);
      },
      async () => {
        await database.tenant(user.tenantId, (tx) =>
          sql`update mcp.organizations set deleting_at = now(), deletion_requested_by = 'user:x'`.execute(tx),
        );
        return enter(right);
      },
    ];
    for (const [index, failure] of failures.entries()) {
      await expect(failure()).rejects.toMatchObject(wrong);
      expect(verified).toHaveLength(index + 1);
    }
    expect(verified.filter((stored) => stored !== undefined)).toHaveLength(1);
  });

  it('puts failures on record, without what a stranger typed', async () => {
    const { enter, trail, user } = await begin();
    await expect(enter('wrong')).rejects.toMatchObject(wrong);
    await expect(enter('wrong', { email: 'hunter2@acme.example' })).rejects.toMatchObject(wrong);
    const items = await trail();
    expect(items).toMatchObject([
      {
        action: 'signIn.password',
        outcome: 'denied',
        actor: 'anonymous',
        subject: expect.stringMatching(/^email:[0-9a-f]{12}$/u) as string,
      },
      { action: 'signIn.password', outcome: 'denied', subject: `user:${user.userId}` },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/hunter2|wrong/u);
  });

  it('lets an account be guessed at ten times in a quarter of an hour, by all together, and says what is left', async () => {
    const { enter, clock } = await begin();
    const headers = new Headers();
    for (let guess = 0; guess < 10; guess += 1) {
      await expect(enter('wrong', { address: `203.0.113.${String(guess)}` }, headers)).rejects.toMatchObject(wrong);
    }
    expect(headers.get('ratelimit')).toContain('"account";r=0');
    const refused = enter(right, { address: '198.51.100.1' }, headers);
    await expect(refused).rejects.toMatchObject({ code: 'rate_limited' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await clock.advance(900_000);
    await enter(right);
  });

  it('lets an address guess sixty times in a quarter of an hour, at whatever accounts', async () => {
    const { enter } = await begin();
    const guess = (index: number) =>
      enter('wrong', { email: `${String(index)}@acme.example`, address: `2001:db8::${index.toString(16)}` });
    for (let index = 0; index < 60; index += 1) await expect(guess(index)).rejects.toMatchObject(wrong);
    await expect(guess(60)).rejects.toMatchObject({ code: 'rate_limited' });
    await enter(right, { address: '2001:db8:0:1::1' });
  });

  it('hashes a password anew that was stored with weaker parameters', async () => {
    const { enter, user, change } = await begin();
    const weak = '$argon2id$v=19$m=64,t=1,p=1$';
    const hashOf = () =>
      database.tenant(user.tenantId, async (tx) => {
        const { rows } = await sql<{ hash: string }>`select password_hash as hash from mcp.users`.execute(tx);
        return rows[0]?.hash ?? '';
      });
    const { hash } = await import('@node-rs/argon2');
    await change(
      `update mcp.users set password_hash = '${await hash(right, { memoryCost: 64, timeCost: 1, parallelism: 1 })}'`,
    );
    expect(await hashOf()).toContain(weak);
    await enter(right);
    expect(await hashOf()).toContain('m=1024');
    await enter(right);
  });

  describe('and changing it', () => {
    const newPassword = new Secret('another sentence of words');
    const ask = { address: undefined, headers: new Headers() };
    const signedIn = async () => {
      const world = await begin();
      const tokens = await world.enter(right);
      const principal = await world.signIns.authenticate(tokens.accessToken.open());
      const alter = (password: string, to = newPassword, who: Principal = principal) =>
        world.signIn.passwordChange.change(who, { ...ask, password: new Secret(password), newPassword: to });
      return { ...world, principal, tokens, alter };
    };

    it('needs the present one, and ends the other sign-ins', async () => {
      const { alter, enter, signIns, tokens, trail } = await signedIn();
      const other = await enter(right);
      await expect(alter('wrong')).rejects.toMatchObject({ code: 'forbidden' });
      await signIns.authenticate(other.accessToken.open());
      await alter(right);
      await signIns.authenticate(tokens.accessToken.open());
      await expect(signIns.authenticate(other.accessToken.open())).rejects.toMatchObject({ code: 'unauthenticated' });
      await expect(enter(right)).rejects.toMatchObject(wrong);
      await enter(newPassword.open());
      expect((await trail()).map(({ action }) => action)).toContain('signIn.changePassword');
    });

    it('refuses a weak one and changes nothing', async () => {
      const { alter, enter, user } = await signedIn();
      for (const weak of ['short', 'passwordpassword', user.email]) {
        await expect(alter(right, new Secret(weak))).rejects.toMatchObject({ code: 'invalid_request' });
      }
      await enter(right);
    });

    it('is not for keys, nor for people without a password', async () => {
      const { alter, change, principal } = await signedIn();
      await expect(alter(right, newPassword, { ...principal, via: 'key' })).rejects.toMatchObject({
        code: 'invalid_state',
      });
      await change(`update mcp.users set password_hash = null`);
      await expect(alter(right)).rejects.toMatchObject({ code: 'invalid_state' });
    });

    it('may be tried ten times in a quarter of an hour', async () => {
      const { alter } = await signedIn();
      for (let guess = 0; guess < 10; guess += 1)
        await expect(alter('wrong')).rejects.toMatchObject({ code: 'forbidden' });
      await expect(alter(right)).rejects.toMatchObject({ code: 'rate_limited' });
    });
  });
});
