import { inspect } from 'node:util';
import { newId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityRoutes } from './routes.ts';
import { addUser, fakeBell, identityOn, nothing, registerOn } from './identity.fixture.ts';
import type { Principal } from './principal.ts';
import { newToken } from './token.ts';
import type { UserChange } from './user-rules.ts';

describe('identity', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const clock = fakeClock(Date.now());
  const setUp = () => identityOn(database, clock);
  const register = async () => {
    const parts = setUp();
    return { ...parts, ...(await registerOn(parts.identity)) };
  };

  it('registers an organization whose admin key authenticates as its admin', async () => {
    const { organization, admin } = await register();
    expect(admin).toMatchObject({ tenantId: organization.id, keyType: 'admin' });
  });

  it('refuses a slug that is taken and stores nothing [identity.slug-unique]', async () => {
    const { identity, organization } = await register();
    await expect(identity.register({ slug: organization.slug, name: 'Other' })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('stores a key only as its hash [identity.key-hashed]', async () => {
    const { token, organization } = await register();
    const stored = await database.tenant(organization.id, async (tx) => {
      const { rows } = await sql<{ text: string }>`select api_keys::text as text from mcp.api_keys`.execute(tx);
      return rows.map((row) => row.text).join();
    });
    expect(stored).not.toContain(token.slice(-20));
  });

  it('never shows a token by accident', async () => {
    const { adminKey } = await setUp().identity.register({ slug: `org-${newId()}`, name: 'Acme' });
    expect(JSON.stringify(adminKey) + inspect(adminKey)).not.toContain(adminKey.token.open());
  });

  it.each([undefined, '', 'dm_admin_x', 'Bearer', `dm_admin_${'a'.repeat(36)}`])('refuses %j', async (token) => {
    await expect(setUp().identity.authenticate(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('refuses a well-formed key that nobody issued', async () => {
    await expect(setUp().identity.authenticate(newToken('user').open())).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('refuses a revoked key at once, and revoking is audited [identity.key-ends]', async () => {
    const { identity, audit, admin } = await register();
    const issued = await identity.createKey(admin, { name: 'ci', type: 'user' }, nothing);
    await identity.authenticate(issued.token.open());
    await identity.revokeKey(admin, issued.key.id);
    await expect(identity.authenticate(issued.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
    const { items } = await audit.list(admin.tenantId, { limit: 10, action: 'identity.revokeKey' });
    expect(items).toMatchObject([{ subject: issued.key.id, actor: `key:${admin.keyId}` }]);
  });

  it('refuses an expired key [identity.key-ends]', async () => {
    const { identity, admin } = await register();
    const expiresAt = new Date(clock.now() + 1000).toISOString();
    const issued = await identity.createKey(admin, { name: 'short', type: 'user', expiresAt }, nothing);
    await clock.advance(1001);
    await expect(identity.authenticate(issued.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('notes when a key was last used, to the minute [identity.last-used]', async () => {
    const { identity, admin, token } = await register();
    const lastUsed = async () => (await identity.listKeys(admin, { limit: 10 })).items[0]?.lastUsedAt?.getTime();
    const first = await lastUsed();
    await identity.authenticate(token);
    expect(first).toBeTypeOf('number');
    expect(await lastUsed()).toBe(first);
    await clock.advance(3_600_000);
    await identity.authenticate(token);
    expect(await lastUsed()).toBeGreaterThan(first!);
  });

  it('gives no key more than its type or its creator may do [identity.key-types]', async () => {
    const { identity, admin } = await register();
    const tooMuch = identity.createKey(admin, { name: 'x', type: 'gateway', scopes: ['keys:write'] }, nothing);
    await expect(tooMuch).rejects.toMatchObject({ code: 'invalid_request' });
    const narrow = await identity.createKey(admin, { name: 'n', type: 'admin', scopes: ['keys:write'] }, nothing);
    const narrowed = await identity.authenticate(narrow.token.open());
    await expect(identity.createKey(narrowed, { name: 'y', type: 'user' }, nothing)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('binds agent keys to an agent of the same organization', async () => {
    const { identity, admin } = await register();
    const unbound = identity.createKey(admin, { name: 'a', type: 'agent' }, nothing);
    await expect(unbound).rejects.toMatchObject({ code: 'invalid_request' });
    const foreign = identity.createKey(admin, { name: 'a', type: 'agent', agentId: newId() }, nothing);
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps nothing of a key whose transaction does not commit', async () => {
    const { identity, admin } = await register();
    const failing = identity.createKey(admin, { name: 'lost', type: 'user' }, () =>
      Promise.reject(new Error('no commit')),
    );
    await expect(failing).rejects.toThrow('no commit');
    const { items } = await identity.listKeys(admin, { limit: 10 });
    expect(items.map((key) => key.name)).not.toContain('lost');
  });

  it('registers over the network only where the operator opened it', async () => {
    const { identity } = setUp();
    const [closed] = identityRoutes({ identity, clock, registration: 'closed' });
    const call = closed!.handle({ body: { slug: `org-${newId()}`, name: 'x' } } as never);
    await expect(call).rejects.toMatchObject({ code: 'registration_closed' });
  });

  it('shows no organization the keys of another [tenancy.no-foreign-rows]', async () => {
    const one = await register();
    const other = await register();
    const { items } = await one.identity.listKeys(one.admin, { limit: 200 });
    expect(items.every((key) => key.tenantId === one.admin.tenantId)).toBe(true);
    await expect(one.identity.revokeKey(one.admin, other.admin.keyId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('pages through every key once, newest first [api.paging]', async () => {
    const { identity, admin } = await register();
    for (const name of ['a', 'b', 'c']) await identity.createKey(admin, { name, type: 'user' }, nothing);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await identity.listKeys(admin, { limit: 2, cursor });
      names.push(...page.items.map((key) => key.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['c', 'b', 'a', 'first admin key']);
  });

  it('makes a new key in the place of another, which goes on for the overlap [identity.rotation]', async () => {
    const { identity, admin } = await register();
    const expiresAt = new Date(clock.now() + 30 * 86_400_000).toISOString();
    const tools = { allow: ['github.*'], deny: ['github.delete_*'] };
    const first = await identity.createKey(
      admin,
      { name: 'ci', type: 'gateway', scopes: ['tools:call'], tools, expiresAt },
      nothing,
    );
    await clock.advance(86_400_000);
    const rotation = { keyId: first.key.id, overlapSeconds: 3_600, own: false };
    const second = await identity.rotateKey(admin, rotation, nothing);
    const same = {
      name: 'ci',
      type: 'gateway',
      scopes: ['tools:call'],
      toolsAllow: tools.allow,
      toolsDeny: tools.deny,
    };
    expect(second.key).toMatchObject({ ...same, rotatedFrom: first.key.id });
    const lifeOfFirst = first.key.expiresAt!.getTime() - first.key.createdAt.getTime();
    expect(second.key.expiresAt!.getTime() - clock.now()).toBe(lifeOfFirst);
    const principals = await Promise.all([first, second].map(({ token }) => identity.authenticate(token.open())));
    expect(principals.map(({ keyId }) => keyId)).toEqual([first.key.id, second.key.id]);
    expect(principals[1]).toMatchObject({ tools, scopes: ['tools:call'], via: 'key' });
    await clock.advance(3_600_001);
    await expect(identity.authenticate(first.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(identity.authenticate(second.token.open())).resolves.toMatchObject({ keyId: second.key.id });
  });

  it('ends a key at once that is rotated without an overlap, and lets none go on for longer than it would have [identity.rotation]', async () => {
    const { identity, admin } = await register();
    const lasting = await identity.createKey(admin, { name: 'a', type: 'user' }, nothing);
    await identity.authenticate(lasting.token.open());
    await identity.rotateKey(admin, { keyId: lasting.key.id, overlapSeconds: 0, own: false }, nothing);
    await expect(identity.authenticate(lasting.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
    const expiresAt = new Date(clock.now() + 60_000).toISOString();
    const ending = await identity.createKey(admin, { name: 'b', type: 'user', expiresAt }, nothing);
    await identity.rotateKey(admin, { keyId: ending.key.id, overlapSeconds: 604_800, own: false }, nothing);
    await clock.advance(60_001);
    await expect(identity.authenticate(ending.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('rotates no key twice, none that has ended, and none that may do more than who asks [identity.rotation]', async () => {
    const { identity, admin, organization } = await register();
    const rotate = (by: Principal, keyId: string) =>
      identity.rotateKey(by, { keyId, overlapSeconds: 60, own: false }, nothing);
    const { key } = await identity.createKey(admin, { name: 'a', type: 'user' }, nothing);
    const outcomes = await Promise.allSettled([rotate(admin, key.id), rotate(admin, key.id)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const ended = await identity.createKey(admin, { name: 'b', type: 'user' }, nothing);
    await identity.revokeKey(admin, ended.key.id);
    await expect(rotate(admin, ended.key.id)).rejects.toMatchObject({ code: 'invalid_state' });
    await expect(rotate(admin, newId())).rejects.toMatchObject({ code: 'not_found' });
    const narrow = { ...admin, scopes: ['keys:write'] as const };
    await expect(rotate(narrow, admin.keyId)).rejects.toMatchObject({ code: 'forbidden' });
    const other = await register();
    await expect(rotate(other.admin, admin.keyId)).rejects.toMatchObject({ code: 'not_found' });
    expect(organization.id).toBe(admin.tenantId);
  });

  it('confines agent and gateway keys to tools, and no others [identity.key-types]', async () => {
    const { identity, admin } = await register();
    const tools = { allow: ['github.*'] };
    for (const type of ['admin', 'user'] as const) {
      const attempt = identity.createKey(admin, { name: 'x', type, tools }, nothing);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
    }
    const { token } = await identity.createKey(admin, { name: 'g', type: 'gateway', tools }, nothing);
    expect((await identity.authenticate(token.open())).tools).toEqual({ allow: ['github.*'], deny: [] });
    expect(admin.tools).toBeUndefined();
  });

  it('lets a key do what its owner may do now, and nothing once they are disabled or gone [identity.owned-keys]', async () => {
    const { identity, admin } = await register();
    const owner = await addUser(identity, admin, 'owner');
    const person = await addUser(identity, owner, 'admin');
    const { token, key } = await identity.createKey(
      person,
      { name: 'mine', type: 'admin', scopes: ['keys:write', 'tools:read'] },
      nothing,
    );
    const now = () => identity.authenticate(token.open());
    expect(await now()).toMatchObject({ userId: person.userId, role: 'admin', scopes: ['keys:write', 'tools:read'] });
    const change = (to: UserChange & { kind: 'role' | 'status' }) => identity.users.change(owner, person.userId!, to);
    await change({ kind: 'role', role: 'developer' });
    expect(await now()).toMatchObject({ role: 'developer', scopes: ['tools:read'] });
    await change({ kind: 'status', status: 'disabled' });
    await expect(now()).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(identity.createKey(person, { name: 'late', type: 'user' }, nothing)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await change({ kind: 'status', status: 'active' });
    expect(await now()).toMatchObject({ role: 'developer' });
    await identity.users.remove(owner, person.userId!);
    await expect(now()).rejects.toMatchObject({ code: 'unauthenticated' });
    const { items } = await identity.listKeys(admin, { limit: 50 });
    expect(items.map(({ id }) => id)).not.toContain(key.id);
  });

  it('hands the key of a person, by rotation, to nobody else [identity.owned-keys]', async () => {
    const { identity, admin } = await register();
    const owner = await addUser(identity, admin, 'owner');
    const { key } = await identity.createKey(owner, { name: 'mine', type: 'user' }, nothing);
    const rotation = { keyId: key.id, overlapSeconds: 0, own: false };
    await expect(identity.rotateKey(admin, rotation, nothing)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await identity.rotateKey(owner, rotation, nothing)).key.userId).toBe(owner.userId);
  });

  it('lets people who signed in look after their own keys, and no key make another for itself', async () => {
    const { identity, admin } = await register();
    const owner = await addUser(identity, admin, 'owner');
    const developer = await addUser(identity, owner, 'developer');
    const others = await identity.createKey(owner, { name: 'of the owner', type: 'user' }, nothing);
    const mine = await identity.createOwnKey(developer, { name: 'laptop', type: 'user' }, nothing);
    expect((await identity.listOwnKeys(developer, { limit: 10 })).items.map(({ id }) => id)).toEqual([mine.key.id]);
    expect((await identity.listOwnKeys(admin, { limit: 10 })).items).toEqual([]);
    const byKey = await identity.authenticate(mine.token.open());
    for (const principal of [byKey, admin]) {
      const attempt = identity.createOwnKey(principal, { name: 'x', type: 'user' }, nothing);
      await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
      const rotation = identity.rotateKey(principal, { keyId: mine.key.id, overlapSeconds: 0, own: true }, nothing);
      await expect(rotation).rejects.toMatchObject({ code: 'forbidden' });
    }
    const foreign = identity.revokeKey(developer, others.key.id, { own: true });
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
    const next = await identity.rotateKey(developer, { keyId: mine.key.id, overlapSeconds: 0, own: true }, nothing);
    await identity.revokeKey(developer, next.key.id, { own: true });
    await expect(identity.authenticate(next.token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('asks the database for a key it knows no more than once in five seconds, and once where it ended elsewhere [identity.remembered]', async () => {
    const bell = fakeBell();
    const statements = { count: 0 };
    const counted: Database = {
      ...database,
      system: (job, work) => {
        statements.count += 1;
        return database.system(job, work);
      },
    };
    const [here, there] = [identityOn(counted, clock, bell).identity, identityOn(database, clock, bell).identity];
    const { admin } = await registerOn(there);
    const { token, key } = await there.createKey(admin, { name: 'a', type: 'user' }, nothing);
    for (let each = 0; each < 10; each += 1) await here.authenticate(token.open());
    expect(statements.count).toBe(1);
    await there.revokeKey(admin, key.id);
    await expect(here.authenticate(token.open())).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(statements.count).toBe(2);
  });
});
