import { roles, type Role } from '@devmesh/api';
import { newId, Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, identityOn, nothing, registerOn, signedInAs, storedHashOf } from './identity.fixture.ts';
import type { Principal } from './principal.ts';
import type { Identity } from './service.ts';
import type { UserChange } from './user-rules.ts';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const clock = fakeClock(Date.now());
const day = 86_400_000;
const setUp = async () => {
  const parts = identityOn(database, clock);
  return { ...parts, ...(await registerOn(parts.identity)) };
};
const hashOf = (tenantId: string, user: { readonly id: string }) => storedHashOf(database, tenantId, user);
const password = new Secret('grey pelican ladder');
const forbidden = { code: 'forbidden' };
const notFound = { code: 'not_found' };

/** Asks for a change as the API does. */
function ask(identity: Identity, by: Principal, userId: string, change: UserChange): Promise<unknown> {
  return change.kind === 'remove' ? identity.users.remove(by, userId) : identity.users.change(by, userId, change);
}

describe('users', () => {
  it('are listed newest first, and shown one by one', async () => {
    const { identity, admin } = await setUp();
    const people = [await addUser(identity, admin, 'owner'), await addUser(identity, admin, 'auditor')];
    const first = await identity.users.list(admin, { limit: 1 });
    const second = await identity.users.list(admin, { limit: 1, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(
      people.map(({ userId }) => userId).toReversed(),
    );
    expect(await identity.users.get(admin, people[1]!.userId!)).toMatchObject({
      role: 'auditor',
      status: 'active',
      hasPassword: false,
    });
  });

  it('are those of the own organization: others are answered as none [tenancy.no-foreign-rows]', async () => {
    const [one, other] = [await setUp(), await setUp()];
    const foreign = await addUser(other.identity, other.admin, 'developer');
    for (const id of [foreign.userId!, newId()]) {
      await expect(one.identity.users.get(one.admin, id)).rejects.toMatchObject(notFound);
      for (const change of [
        { kind: 'rename', name: 'x' },
        { kind: 'role', role: 'owner' },
        { kind: 'status', status: 'disabled' },
        { kind: 'remove' },
      ] as const) {
        await expect(ask(one.identity, one.admin, id, change)).rejects.toMatchObject(notFound);
      }
    }
    expect(await other.identity.users.get(other.admin, foreign.userId!)).toMatchObject({
      role: 'developer',
      status: 'active',
    });
  });

  it('always have an active owner once they had one, and nobody above who changes them [identity.last-owner]', async () => {
    const anyChange = fc.oneof(
      fc.record({ kind: fc.constant('role' as const), role: fc.constantFrom(...roles) }),
      fc.record({
        kind: fc.constant('status' as const),
        status: fc.constantFrom('active' as const, 'disabled' as const),
      }),
      fc.constant({ kind: 'remove' as const }),
    );
    const command = fc.record({ by: fc.nat(5), about: fc.nat(5), change: anyChange });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
        const { identity, admin } = await setUp();
        const started: readonly Role[] = ['owner', 'owner', 'admin', 'admin', 'developer'];
        const people = await Promise.all(started.map((role) => addUser(identity, admin, role)));
        const model = new Map(people.map(({ userId, role }) => [userId!, { role: role!, status: 'active' }]));
        for (const { by, about, change } of commands) {
          const id = people[about % people.length]!.userId!;
          const actor = people[by]?.userId;
          const acting = actor === undefined ? 'owner' : actingRole(model.get(actor));
          // The API asks for users:write first, which only these hold.
          if (acting !== 'owner' && acting !== 'admin') continue;
          const principal = actor === undefined ? admin : signedInAs(admin.tenantId, actor, acting);
          const expected = expectedOf(model, { acting, id, change });
          const answer = ask(identity, principal, id, change).then(
            () => 'done',
            (error: { code: string }) => error.code,
          );
          expect([change, await answer]).toEqual([change, expected]);
          if (expected === 'done') apply(model, id, change);
          const { items } = await identity.users.list(admin, { limit: 10 });
          expect(new Map(items.map((user) => [user.id, { role: user.role, status: user.status }]))).toEqual(model);
          expect(items.some(({ role, status }) => role === 'owner' && status === 'active')).toBe(true);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('get no role that may do more than who gives it [identity.last-owner]', async () => {
    const { identity, admin } = await setUp();
    const [giver, person] = [await addUser(identity, admin, 'admin'), await addUser(identity, admin, 'developer')];
    for (const id of [giver.userId!, person.userId!]) {
      await expect(ask(identity, giver, id, { kind: 'role', role: 'owner' })).rejects.toMatchObject(forbidden);
    }
    await ask(identity, giver, person.userId!, { kind: 'role', role: 'admin' });
    await ask(identity, admin, person.userId!, { kind: 'role', role: 'owner' });
    await expect(ask(identity, giver, person.userId!, { kind: 'rename', name: 'x' })).rejects.toMatchObject(forbidden);
  });

  it('keep one owner also where two remove each other at the same time [identity.last-owner]', async () => {
    for (const change of [
      { kind: 'remove' },
      { kind: 'role', role: 'admin' },
      { kind: 'status', status: 'disabled' },
    ] as const) {
      const { identity, admin } = await setUp();
      const [one, other] = [await addUser(identity, admin, 'owner'), await addUser(identity, admin, 'owner')];
      const outcomes = await Promise.allSettled([
        ask(identity, one, other.userId!, change),
        ask(identity, other, one.userId!, change),
      ]);
      const { items } = await identity.users.list(admin, { limit: 20 });
      const owners = items.filter(({ role, status }) => role === 'owner' && status === 'active');
      expect([outcomes.map(({ status }) => status).toSorted(), owners.length]).toEqual([['fulfilled', 'rejected'], 1]);
    }
  });

  it('are changed with a line in the audit trail that tells what they were', async () => {
    const { identity, audit, admin } = await setUp();
    const { userId } = await addUser(identity, admin, 'developer');
    await identity.users.change(admin, userId!, { kind: 'role', role: 'auditor' });
    const { items } = await audit.list(admin.tenantId, { limit: 10, action: 'users.setRole' });
    const detail = { role: 'auditor', before: { role: 'developer', status: 'active' } };
    expect(items).toMatchObject([{ subject: userId, actor: `key:${admin.keyId}`, detail }]);
  });
});

interface Asked {
  readonly acting: 'owner' | 'admin';
  readonly id: string;
  readonly change: UserChange;
}

type Model = Map<string, { role: Role; status: string }>;

function actingRole(user: { role: Role; status: string } | undefined): Role | undefined {
  return user?.status === 'active' ? user.role : undefined;
}

/** The rules, written down once more: admins deal with everybody but owners, and one owner stays. */
function expectedOf(model: Model, { acting, id, change }: Asked): string {
  const user = model.get(id);
  if (user === undefined) return 'not_found';
  const above = user.role === 'owner' || (change.kind === 'role' && change.role === 'owner');
  if (acting === 'admin' && above) return 'forbidden';
  const after = new Map(model);
  apply(after, id, change);
  return [...after.values()].some(({ role, status }) => role === 'owner' && status === 'active')
    ? 'done'
    : 'invalid_state';
}

function apply(model: Model, id: string, change: UserChange): void {
  const user = model.get(id);
  if (user === undefined) return;
  if (change.kind === 'remove') model.delete(id);
  if (change.kind === 'role') model.set(id, { ...user, role: change.role });
  if (change.kind === 'status') model.set(id, { ...user, status: change.status });
}

describe('invitations', () => {
  const invite = (
    identity: Identity,
    by: Principal,
    {
      role = 'developer',
      email = `${newId()}@example.com`,
      days = 7,
    }: { role?: Role; email?: string; days?: number } = {},
  ) => identity.invitations.invite(by, { email, role, days }, nothing);
  const accept = (identity: Identity, token: Secret) =>
    identity.invitations.accept({ token: token.open(), name: 'Ada', password });

  it('make whoever holds their token a user, once, however many try [identity.invitations]', async () => {
    const { identity, admin, organization } = await setUp();
    const { token } = await invite(identity, admin, { role: 'auditor', email: 'ada@example.com' });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => accept(identity, token)));
    const accepted = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const user = { email: 'ada@example.com', name: 'Ada', role: 'auditor', status: 'active', hasPassword: true };
    expect(accepted).toMatchObject([{ organization: { id: organization.id }, user }]);
    await expect(accept(identity, token)).rejects.toMatchObject(notFound);
    expect((await identity.users.list(admin, { limit: 10 })).items).toHaveLength(1);
    expect(await identity.passwords.verify(await hashOf(organization.id, accepted[0]!.user), password)).toMatchObject({
      matches: true,
    });
  });

  it('are stored without their token [identity.invitations]', async () => {
    const { identity, admin } = await setUp();
    const { token } = await invite(identity, admin);
    const stored = await database.tenant(admin.tenantId, async (tx) => {
      const { rows } = await sql<{ text: string }>`select invitations::text as text from mcp.invitations`.execute(tx);
      return rows.map(({ text }) => text).join();
    });
    expect(stored).not.toContain(token.open().slice(-30));
  });

  it('end with their time, and when they are revoked [identity.invitations]', async () => {
    const { identity, admin } = await setUp();
    const [late, early, revoked] = [
      await invite(identity, admin, { days: 1 }),
      await invite(identity, admin, { days: 1 }),
      await invite(identity, admin),
    ];
    await identity.invitations.revoke(admin, revoked.invitation.id);
    await expect(accept(identity, revoked.token)).rejects.toMatchObject(notFound);
    await clock.advance(day - 1);
    await accept(identity, early.token);
    await clock.advance(1);
    await expect(accept(identity, late.token)).rejects.toMatchObject(notFound);
    await expect(identity.invitations.revoke(admin, early.invitation.id)).rejects.toMatchObject({
      code: 'invalid_state',
    });
    await expect(identity.invitations.revoke(admin, newId())).rejects.toMatchObject(notFound);
  });

  it('take the place of an open one for the same address, and are none for a user [identity.invitations]', async () => {
    const { identity, admin } = await setUp();
    const email = `${newId()}@example.com`;
    const [first, second] = [await invite(identity, admin, { email }), await invite(identity, admin, { email })];
    await expect(accept(identity, first.token)).rejects.toMatchObject(notFound);
    await accept(identity, second.token);
    await expect(invite(identity, admin, { email })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('give no role that may do more than who invites [identity.last-owner]', async () => {
    const { identity, admin } = await setUp();
    const people = {
      admin: await addUser(identity, admin, 'admin'),
      key: { ...admin, scopes: ['users:write'] as const },
    };
    await expect(invite(identity, people.admin, { role: 'owner' })).rejects.toMatchObject(forbidden);
    await expect(invite(identity, people.key, { role: 'operator' })).rejects.toMatchObject(forbidden);
    await expect(invite(identity, people.admin, { role: 'admin' })).resolves.toMatchObject({
      invitation: { role: 'admin' },
    });
  });

  it('open nothing any more once who invited could not do it any more [identity.invitations]', async () => {
    const { identity, admin } = await setUp();
    const owner = await addUser(identity, admin, 'owner');
    const endings: readonly ((inviter: Principal) => Promise<unknown>)[] = [
      ({ userId }) => identity.users.change(owner, userId!, { kind: 'status', status: 'disabled' }),
      ({ userId }) => identity.users.change(owner, userId!, { kind: 'role', role: 'developer' }),
      ({ userId }) => identity.users.remove(owner, userId!),
    ];
    for (const end of endings) {
      const inviter = await addUser(identity, admin, 'admin');
      const { token } = await invite(identity, inviter, { role: 'admin' });
      await end(inviter);
      await expect(accept(identity, token)).rejects.toMatchObject(notFound);
    }
    const { key, token: keyToken } = await identity.createKey(admin, { name: 'inviter', type: 'admin' }, nothing);
    const { token } = await invite(identity, await identity.authenticate(keyToken.open()));
    await identity.revokeKey(admin, key.id);
    await expect(accept(identity, token)).rejects.toMatchObject(notFound);
  });

  it.each([['', 'dm_invite_x', `dm_invite_${'a'.repeat(36)}`]])(
    'refuse %j before anything is looked up or computed',
    async (text) => {
      const { identity } = await setUp();
      await expect(identity.invitations.accept({ token: text, name: 'x', password })).rejects.toMatchObject(notFound);
    },
  );

  it('refuse weak passwords, and stay open', async () => {
    const { identity, admin } = await setUp();
    const { token } = await invite(identity, admin);
    const weak = identity.invitations.accept({
      token: token.open(),
      name: 'Ada',
      password: new Secret('password1234'),
    });
    await expect(weak).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(accept(identity, token)).resolves.toMatchObject({ user: { hasPassword: true } });
  });

  it('are forgotten 90 days after their end', async () => {
    const { identity, admin } = await setUp();
    const { invitation } = await invite(identity, admin, { days: 1 });
    await clock.advance(91 * day + 1);
    await invite(identity, admin);
    const { items } = await identity.invitations.list(admin, { limit: 10 });
    expect(items.map(({ id }) => id)).not.toContain(invitation.id);
    expect(items).toHaveLength(1);
  });
});
