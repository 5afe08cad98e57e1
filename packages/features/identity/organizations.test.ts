import { newId, Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, identityOn, nothing, registerOn, storedHashOf } from './identity.fixture.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const clock = fakeClock(Date.now());
const setUp = async () => {
  const parts = identityOn(database, clock);
  return { ...parts, ...(await registerOn(parts.identity)) };
};
const password = new Secret('grey pelican ladder');
const notFound = { code: 'not_found' };

describe('organizations', () => {
  it('can begin with an owner, whom the first key belongs to [identity.users]', async () => {
    const { identity } = identityOn(database, clock);
    const owner = { email: 'ada@example.com', name: 'Ada', password };
    const { organization, adminKey } = await identity.register({ slug: `org-${newId()}`, name: 'Acme', owner });
    const admin = await identity.authenticate(adminKey.token.open());
    expect(admin).toMatchObject({ tenantId: organization.id, role: 'owner', userId: adminKey.key.userId });
    const user = await identity.users.get(admin, admin.userId!);
    expect(user).toMatchObject({ email: owner.email, role: 'owner' });
    expect(
      await identity.passwords.verify(await storedHashOf(database, organization.id, user), password),
    ).toMatchObject({
      matches: true,
    });
    const weak = identity.register({
      slug: `org-${newId()}`,
      name: 'x',
      owner: { ...owner, password: new Secret('short') },
    });
    await expect(weak).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('have settings of a closed set, with defaults', async () => {
    const { identity, admin, organization } = await setUp();
    const defaults = {
      isolationMode: 'strict',
      passThrough: false,
      auditBodies: false,
      passwordSignIn: true,
      sessionMaximumHours: 720,
    };
    expect(await identity.settings(organization.id)).toEqual(defaults);
    await identity.changeSettings(admin, { passThrough: true });
    await identity.changeSettings(admin, { sessionMaximumHours: 12 });
    expect(await identity.settings(organization.id)).toEqual({
      ...defaults,
      passThrough: true,
      sessionMaximumHours: 12,
    });
    await database.tenant(organization.id, (tx) =>
      sql`update mcp.organizations set settings = '{"unheard": 1}'`.execute(tx),
    );
    await expect(identity.settings(organization.id)).rejects.toMatchObject({ code: 'internal' });
  });

  it('that let nobody sign in with a password take none from who is invited', async () => {
    const { identity, admin } = await setUp();
    await identity.changeSettings(admin, { passwordSignIn: false });
    const { token } = await identity.invitations.invite(
      admin,
      { email: `${newId()}@example.com`, role: 'auditor', days: 7 },
      nothing,
    );
    const attempt = identity.invitations.accept({ token: token.open(), name: 'x', password });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(identity.invitations.accept({ token: token.open(), name: 'x' })).resolves.toMatchObject({
      user: { hasPassword: false },
    });
  });

  it('that are marked as being deleted open to nobody, whatever else still would [identity.deletion]', async () => {
    const { identity, admin, organization, token } = await setUp();
    const owner = await addUser(identity, admin, 'owner');
    const request = { email: `${newId()}@example.com`, role: 'auditor', days: 7 } as const;
    const invited = await identity.invitations.invite(admin, request, nothing);
    expect(await identity.people.byId(organization.id, owner.userId!)).toMatchObject({ role: 'owner' });
    await database.tenant(organization.id, (tx) =>
      sql`update mcp.organizations set deleting_at = now(), deletion_requested_by = 'somebody'`.execute(tx),
    );
    await clock.advance(5_000);
    await expect(identity.authenticate(token)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await identity.people.byId(organization.id, owner.userId!)).toBeUndefined();
    const acceptance = identity.invitations.accept({ token: invited.token.open(), name: 'x' });
    await expect(acceptance).rejects.toMatchObject(notFound);
  });

  it('open to nobody from the moment they are deleted [identity.deletion]', async () => {
    const { identity, admin, organization, token } = await setUp();
    const owner = await addUser(identity, admin, 'owner');
    const own = await identity.createKey(owner, { name: 'a', type: 'user' }, nothing);
    const invited = await identity.invitations.invite(
      admin,
      { email: `${newId()}@example.com`, role: 'auditor', days: 7 },
      nothing,
    );
    for (const each of [token, own.token.open()]) await identity.authenticate(each);
    await expect(identity.delete(owner, 'another-slug')).rejects.toMatchObject({ code: 'invalid_request' });
    await identity.authenticate(token);
    expect(await identity.delete(owner, organization.slug)).toMatchObject({ id: organization.id });
    for (const each of [token, own.token.open()]) {
      await expect(identity.authenticate(each)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    await expect(identity.invitations.accept({ token: invited.token.open(), name: 'x' })).rejects.toMatchObject(
      notFound,
    );
    expect(await identity.people.byId(organization.id, owner.userId!)).toBeUndefined();
    expect(await identity.users.get(owner, owner.userId!)).toMatchObject({ status: 'disabled' });
    const { items } = await identity.listKeys(admin, { limit: 10 });
    expect(items.filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
  });
});
