import { inspect } from 'node:util';
import { keyTypes } from '@devmesh/api';
import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAudit } from '../audit/index.ts';
import { identityRoutes } from './routes.ts';
import { silentBell } from './identity.fixture.ts';
import { createPrincipalCache } from './principal-cache.ts';
import { createIdentity } from './service.ts';
import { isToken, newToken } from './token.ts';

describe('identity', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const clock = fakeClock(Date.now());
  const setUp = () => {
    const audit = createAudit({ database, newId, tracer: silentTelemetry.tracer });
    const principals = createPrincipalCache({ bell: silentBell(), telemetry: silentTelemetry, clock });
    return { audit, identity: createIdentity({ database, audit, clock, newId, principals }) };
  };
  const register = async () => {
    const { audit, identity } = setUp();
    const { organization, adminKey } = await identity.register({ slug: `org-${newId()}`, name: 'Acme' });
    const token = adminKey.token.open();
    return { audit, identity, organization, token, admin: await identity.authenticate(token) };
  };
  const nothing = async (): Promise<void> => undefined;

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

  it('notes when a key was last used, to the minute', async () => {
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
});

describe('tokens', () => {
  it('are recognized, and any single changed character is not', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...keyTypes),
        fc.nat(),
        fc.constantFrom('0', 'a', 'Z', '_', '-'),
        (type, position, character) => {
          const token = newToken(type).open();
          expect(isToken(token)).toBe(true);
          const at = position % token.length;
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          expect(isToken(changed)).toBe(changed === token);
        },
      ),
    );
  });
});
