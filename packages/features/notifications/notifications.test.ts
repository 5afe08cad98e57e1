import { newId } from '@devmesh/foundation';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { noCommit, openMesh, type Organization, type TestMesh } from '../tasks/mesh.fixture.ts';
import { createNotifications, type Notice, type Notifications } from './index.ts';
import { fitNotice } from './rules.ts';

let mesh: TestMesh;
let notifications: Notifications;
let own: Organization;
beforeAll(async () => {
  mesh = await openMesh();
  notifications = createNotifications({ ...mesh, newId });
  own = await mesh.organization();
});
afterAll(() => mesh.close());

const notice = (more: Partial<Notice> = {}): Notice => ({
  title: 'The build is red',
  text: 'main fails since noon.',
  severity: 'warning',
  actor: 'system:webhooks',
  ...more,
});

const notify = (organization: Organization, more?: Partial<Notice>) =>
  mesh.database.tenant(organization.tenantId, (tx) => notifications.notifyIn(tx, notice(more)));

const titles = async (principal: Principal, unread = false): Promise<readonly string[]> => {
  const { items } = await notifications.list(principal, { limit: 50, unread });
  return items.map(({ title }) => title);
};

describe('a notice', () => {
  test('is in the list and in the feed, with what caused it [notifications.committed]', async () => {
    const sourceEventId = newId();
    const row = await notify(own, { sourceEventId });
    const { items } = await notifications.list(own.admin, { limit: 1, unread: false });
    expect(items).toMatchObject([{ id: row.id, severity: 'warning', sourceEventId, createdBy: 'system:webhooks' }]);
    const data = { title: 'The build is red', text: 'main fails since noon.', severity: 'warning', sourceEventId };
    expect((await own.events('notification.created')).at(-1)).toMatchObject({ subjectId: row.id, data });
  });

  test('is given by a transaction that commits, or not at all [notifications.committed]', async () => {
    const organization = await mesh.organization();
    const failing = mesh.database.tenant(organization.tenantId, async (tx) => {
      await notifications.notifyIn(tx, notice());
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await titles(organization.admin)).toEqual([]);
    expect(await organization.events('notification.created')).toEqual([]);
  });

  test('of a service is audited under its key, and is undone with the answer that cannot be remembered', async () => {
    const organization = await mesh.organization();
    const request = { title: 'Deployed', text: '', severity: 'info' as const };
    const row = await notifications.create(organization.admin, request, noCommit);
    expect(row.createdBy).toBe(`key:${organization.admin.keyId}`);
    const failing = (): Promise<void> => Promise.reject(new Error('no room for the answer'));
    await expect(notifications.create(organization.admin, request, failing)).rejects.toThrow('no room');
    expect(await titles(organization.admin)).toEqual(['Deployed']);
    expect(await organization.auditActions()).toEqual(['key notifications.create']);
  });

  test('for an agent that does not exist here is refused, and undoes nothing but itself', async () => {
    const stranger = await (await mesh.organization()).agent();
    await expect(notify(own, { agentId: stranger.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is stored whatever its words are', async () => {
    const row = await notify(own, { title: ` ${'ä'.repeat(300)}\u0000 `, text: `\uD800 ${'🦊'.repeat(5_000)}` });
    expect([row.title.length, Array.from(row.text).length]).toEqual([200, 4_000]);
    expect((await notify(own, { title: '\u0000' })).title).toBe('Notice');
    const units = fc.array(fc.nat({ max: 0xff_ff }), { maxLength: 300 });
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCodePoint(...codes);
        const fitted = fitNotice({ title: text, text });
        expect(Array.from(fitted.title).length).toBeLessThanOrEqual(200);
        expect(fitted.title).not.toBe('');
        expect(/\p{Surrogate}/u.test(fitted.title + fitted.text) || fitted.text.includes('\u0000')).toBe(false);
      }),
    );
  });
});

describe('who sees a notice', () => {
  test('is everybody, or, of one for an agent, that agent and the people [notifications.meant-for]', async () => {
    const organization = await mesh.organization();
    const [one, other] = [await organization.agent(), await organization.agent()];
    await notify(organization, { title: 'all' });
    await notify(organization, { title: 'one', agentId: one.id });
    expect(await titles(organization.admin)).toEqual(['one', 'all']);
    expect(await titles(one.principal)).toEqual(['one', 'all']);
    expect(await titles(other.principal)).toEqual(['all']);
    expect(await titles((await mesh.organization()).admin)).toEqual([]);
  });
});

describe('marking as read', () => {
  test('counts for the key that did it, once, and all keys of an agent are one reader', async () => {
    const organization = await mesh.organization();
    const agent = await organization.agent();
    const { id } = await notify(organization, { title: 'first' });
    await notify(organization, { title: 'second' });
    expect(await notifications.markRead(organization.admin, [id, id, newId()])).toBe(1);
    expect(await notifications.markRead(organization.admin, [id])).toBe(0);
    expect(await titles(organization.admin, true)).toEqual(['second']);
    expect(await titles(organization.admin)).toEqual(['second', 'first']);
    expect(await titles({ ...organization.admin, keyId: newId() }, true)).toEqual(['second', 'first']);
    await notifications.markRead(agent.principal, [id]);
    expect(await titles({ ...agent.principal, keyId: newId() }, true)).toEqual(['second']);
  });

  test('leaves alone what the reader may not see', async () => {
    const organization = await mesh.organization();
    const [one, other] = [await organization.agent(), await organization.agent()];
    const { id } = await notify(organization, { agentId: one.id });
    expect(await notifications.markRead(other.principal, [id])).toBe(0);
    expect(await notifications.markRead((await mesh.organization()).admin, [id])).toBe(0);
    expect(await notifications.markRead(one.principal, [id])).toBe(1);
  });
});

test('the list pages newest first and repeats nothing', async () => {
  const organization = await mesh.organization();
  for (const title of ['a', 'b', 'c']) await notify(organization, { title });
  const first = await notifications.list(organization.admin, { limit: 2, unread: true });
  const second = await notifications.list(organization.admin, { limit: 2, unread: true, cursor: first.nextCursor });
  expect([...first.items, ...second.items].map(({ title }) => title)).toEqual(['c', 'b', 'a']);
  expect(second.nextCursor).toBeUndefined();
});
