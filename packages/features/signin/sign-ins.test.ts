import { scopesOfRole } from '@devmesh/api';
import type { Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenAttacks, type AttackMaterial } from './attacks.fixture.ts';
import { newRefreshToken } from './refresh-token.ts';
import { createSigningKeys as openSigningKeys } from './signing-keys.ts';
import { addUser, issuer, openSignIns } from './signin.fixture.ts';

const refused = { code: 'unauthenticated' };

describe('sign-ins', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const nothing = (): Promise<void> => Promise.resolve();
  const begin = async (role?: 'auditor' | 'developer') => {
    const world = openSignIns(database);
    const user = await addUser(database, role === undefined ? {} : { role });
    const tokens = await world.signIns.start({ ...user, client: 'console', audience: issuer }, nothing);
    return { ...world, user, tokens, jwt: tokens.accessToken.open(), refresh: tokens.refreshToken.open() };
  };
  type World = Awaited<ReturnType<typeof begin>>;
  const change = ({ principals, user }: Pick<World, 'principals' | 'user'>, text: string) =>
    principals.change(user.tenantId, () =>
      database.tenant(user.tenantId, (tx) =>
        sql`${sql.raw(text)} where id in (${user.userId}, ${user.tenantId})`.execute(tx),
      ),
    );

  it('gives access tokens that say who, where, for whom and how long (RFC 9068)', async () => {
    const { jwt, user, clock, tokens, keys } = await begin();
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.current().kid });
    const now = clock.now() / 1_000;
    expect(decodeJwt(jwt)).toMatchObject({
      iss: issuer,
      aud: issuer,
      sub: user.userId,
      tid: user.tenantId,
      sid: tokens.signIn.signInId,
      client_id: 'console',
      iat: now,
      exp: now + 600,
    });
  });

  it('reads what a person may do from the database, so that a change counts at once and the token decides nothing', async () => {
    const world = await begin();
    const { jwt, user, signIns } = world;
    expect(await signIns.authenticate(jwt)).toMatchObject({
      tenantId: user.tenantId,
      userId: user.userId,
      role: 'developer',
      via: 'sign-in',
      audience: issuer,
      scopes: scopesOfRole.developer,
    });
    await change(world, `update mcp.users set role = 'auditor'`);
    expect((await signIns.authenticate(jwt)).scopes).toEqual(scopesOfRole.auditor);
  });

  it('allows no more than was granted, and never more than the role', async () => {
    const { signIns, user } = await begin('auditor');
    const request = { ...user, client: 'agent-tool', audience: `${issuer}/mcp` };
    const { accessToken } = await signIns.start({ ...request, scopes: ['audit:read', 'keys:write'] }, nothing);
    expect(await signIns.authenticate(accessToken.open())).toMatchObject({
      scopes: ['audit:read'],
      audience: `${issuer}/mcp`,
    });
  });

  describe('refuses an access token [identity.jwt-attacks]', () => {
    let material: AttackMaterial;
    let world: Awaited<ReturnType<typeof begin>>;
    beforeAll(async () => {
      world = await begin();
      const { clock, keys, signIns } = world;
      const other = await addUser(database);
      const foreign = await signIns.start({ ...other, client: 'console', audience: issuer }, nothing);
      const { privateKey: signingKey, publicKey } = keys.current();
      const before = openEnded(world);
      material = {
        valid: world.jwt,
        foreign: foreign.accessToken.open(),
        refreshToken: world.refresh,
        apiKey: `dm_admin_${'a'.repeat(36)}`,
        signingKey,
        publicKey,
        endedKey: before,
        now: clock.now() / 1_000,
      };
    });
    const openEnded = ({ clock, masterKeys }: typeof world) =>
      openSigningKeys({ masterKeys, clock: { ...clock, now: () => clock.now() - 2 * 86_400_000 } }).current();

    it('while the one that all are made from is accepted', async () => {
      expect((await world.signIns.authenticate(material.valid)).userId).toBe(world.user.userId);
      expect(tokenAttacks.length).toBeGreaterThanOrEqual(40);
      expect(new Set(tokenAttacks.map(({ name }) => name)).size).toBe(tokenAttacks.length);
    });

    it.each(tokenAttacks)('$name', async ({ forge }) => {
      const token = forge(material);
      expect(token).not.toBe(material.valid);
      await expect(world.signIns.authenticate(token)).rejects.toMatchObject(refused);
    });
  });

  it('refuses an access token for an endpoint that is not ours, although its sign-in is open', async () => {
    const { signIns, user } = await begin();
    const elsewhere = { ...user, client: 'console', audience: 'https://elsewhere.example' };
    const { accessToken } = await signIns.start(elsewhere, nothing);
    await expect(signIns.authenticate(accessToken.open())).rejects.toMatchObject(refused);
  });

  it.each([
    ['its person was disabled', `update mcp.users set status = 'disabled'`],
    ['its person was deleted', 'delete from mcp.users'],
    [
      'its organization is being deleted',
      `update mcp.organizations set deleting_at = now(), deletion_requested_by = 'user:x'`,
    ],
  ])('refuses every token at once when %s', async (_name, text) => {
    const world = await begin();
    const { jwt, refresh, user, signIns } = world;
    await signIns.authenticate(jwt);
    await change(world, text);
    await expect(signIns.authenticate(jwt)).rejects.toMatchObject(refused);
    await expect(signIns.refresh(refresh, 'console')).rejects.toMatchObject(refused);
    await expect(signIns.start({ ...user, client: 'console', audience: issuer }, nothing)).rejects.toMatchObject(
      refused,
    );
  });

  it('refuses every token of a sign-in that was ended, at once, and says so in the trail', async () => {
    const { jwt, refresh, user, signIns, tokens, audit } = await begin();
    const { signInId } = tokens.signIn;
    await signIns.revoke({ tenantId: user.tenantId, signInId, reason: 'signed_out', actor: 'user:x' });
    await expect(signIns.authenticate(jwt)).rejects.toMatchObject(refused);
    await expect(signIns.refresh(refresh, 'console')).rejects.toMatchObject(refused);
    expect((await audit.list(user.tenantId, { limit: 5 })).items).toMatchObject([
      { action: 'signIn.signOut', subject: signInId, detail: { reason: 'signed_out' } },
    ]);
  });

  it('ends all sign-ins of a person but the one that stays', async () => {
    const { jwt, user, signIns, tokens } = await begin();
    const other = await signIns.start({ ...user, client: 'cli', audience: issuer }, nothing);
    const somebody = await addUser(database, { tenantId: user.tenantId });
    const theirs = await signIns.start({ ...somebody, client: 'cli', audience: issuer }, nothing);
    const ending = {
      tenantId: user.tenantId,
      userId: user.userId,
      reason: 'password_changed',
      actor: 'user:x',
      except: tokens.signIn.signInId,
    } as const;
    expect(await signIns.revokeAllOfUser(ending)).toBe(1);
    await signIns.authenticate(jwt);
    await signIns.authenticate(theirs.accessToken.open());
    await expect(signIns.authenticate(other.accessToken.open())).rejects.toMatchObject(refused);
  });

  it('answers for a sign-in of another organization or person as for none', async () => {
    const { user, signIns, tokens } = await begin();
    const { signInId } = tokens.signIn;
    const elsewhere = await newTenant(database);
    const revocation = { signInId, reason: 'revoked', actor: 'user:x' } as const;
    await expect(signIns.revoke({ ...revocation, tenantId: elsewhere })).rejects.toMatchObject({
      code: 'not_found',
    });
    const somebody = await addUser(database, { tenantId: user.tenantId });
    await expect(
      signIns.revoke({ ...revocation, tenantId: user.tenantId, userId: somebody.userId }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives new tokens for a refresh token, and the sign-in does not live longer for it', async () => {
    const { refresh, signIns, tokens, clock } = await begin();
    await clock.advance(3_600_000);
    const next = await signIns.refresh(refresh, 'console');
    const { signInId, expiresAt } = tokens.signIn;
    expect(next.signIn).toMatchObject({ signInId, expiresAt });
    expect(next.refreshToken.open()).not.toBe(refresh);
    expect((await signIns.authenticate(next.accessToken.open())).keyId).toBe(tokens.signIn.signInId);
  });

  it('ends the sign-in when a refresh token comes again, and puts it on record [identity.jwt-attacks]', async () => {
    const { refresh, signIns, user, tokens, audit } = await begin();
    const next = await signIns.refresh(refresh, 'console');
    await expect(signIns.refresh(refresh, 'console')).rejects.toMatchObject(refused);
    await expect(signIns.refresh(next.refreshToken.open(), 'console')).rejects.toMatchObject(refused);
    await expect(signIns.authenticate(next.accessToken.open())).rejects.toMatchObject(refused);
    const { items } = await audit.list(user.tenantId, { limit: 5, action: 'signIn.refresh' });
    expect(items).toMatchObject([{ outcome: 'denied', subject: tokens.signIn.signInId, detail: { reason: 'reused' } }]);
  });

  it('lets exactly one of many refresh at the same moment', async () => {
    const { refresh, signIns } = await begin();
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => signIns.refresh(refresh, 'console')));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('refuses a refresh token to another client without using it up', async () => {
    const { refresh, signIns } = await begin();
    await expect(signIns.refresh(refresh, 'cli')).rejects.toMatchObject(refused);
    await signIns.refresh(refresh, 'console');
  });

  it('ends a sign-in that nobody came back to for a week, and every one after 30 days', async () => {
    const day = 86_400_000;
    const idle = await begin();
    await idle.clock.advance(7 * day + 1);
    await expect(idle.signIns.refresh(idle.refresh, 'console')).rejects.toMatchObject(refused);
    const busy = await begin();
    let token = busy.refresh;
    for (let days = 0; days < 30; days += 6) {
      token = (await busy.signIns.refresh(token, 'console')).refreshToken.open();
      await busy.clock.advance(6 * day);
    }
    await expect(busy.signIns.refresh(token, 'console')).rejects.toMatchObject(refused);
  });

  it.each(['', 'dmr_', `dmr_${'A'.repeat(64)}`, 'dm_admin_x', `dmr_${"'".repeat(64)}`])(
    'refuses %j as refresh token',
    async (token) => {
      await expect(openSignIns(database).signIns.refresh(token, 'console')).rejects.toMatchObject(refused);
    },
  );

  it('refuses a well-formed refresh token that nobody issued', async () => {
    const { user, signIns } = await begin();
    await expect(signIns.refresh(newRefreshToken(user.tenantId).open(), 'console')).rejects.toMatchObject(refused);
  });

  it('stores a refresh token only as its hash, and nothing of an access token', async () => {
    const { refresh, jwt, user } = await begin();
    const stored = await database.tenant(user.tenantId, async (tx) => {
      const { rows } = await sql<{ text: string }>`
        select s::text || t::text as text from mcp.sign_ins s join mcp.refresh_tokens t on t.sign_in_id = s.id`.execute(
        tx,
      );
      return rows.map(({ text }) => text).join();
    });
    expect(stored.length).toBeGreaterThan(100);
    expect(stored).not.toContain(refresh.slice(-20));
    expect(stored).not.toContain(Buffer.from(refresh.slice(4), 'base64url').subarray(16).toString('hex'));
    expect(stored).not.toContain(jwt.slice(-20));
  });

  it('keeps the fifty newest sign-ins of a person', async () => {
    const { jwt, user, signIns } = await begin();
    for (let more = 0; more < 50; more += 1) await signIns.start({ ...user, client: 'cli', audience: issuer }, nothing);
    await expect(signIns.authenticate(jwt)).rejects.toMatchObject(refused);
    const { items } = await signIns.list(user.tenantId, user.userId, { limit: 200 });
    expect(items.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(50);
    expect(items.at(-1)?.revokedReason).toBe('crowded_out');
  });

  it('opens nothing whose transaction does not commit', async () => {
    const { user, signIns } = await begin();
    const failing = signIns.start({ ...user, client: 'console', audience: issuer }, () =>
      Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    expect((await signIns.list(user.tenantId, user.userId, { limit: 10 })).items).toHaveLength(1);
  });
});
