import { newId } from '@devmesh/foundation';
import { openMemoryKeyValue, type KeyValue } from '@devmesh/infrastructure';
import { fakeClock } from '@devmesh/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openMesh, type Organization, type TestMesh } from '../tasks/mesh.fixture.ts';
import { createEdgeSessions, type EdgeSessions } from './index.ts';

let mesh: TestMesh;
let own: Organization;
const clock = fakeClock();
let keyvalue: KeyValue;
let sessions: EdgeSessions;
beforeAll(async () => {
  mesh = await openMesh();
});
beforeEach(async () => {
  own = await mesh.organization();
  keyvalue = openMemoryKeyValue({ clock });
  sessions = createEdgeSessions({ ...mesh, keyvalue, clock, newId });
});
afterAll(() => mesh.close());

const opened = (clientName: string) => ({
  clientName,
  clientVersion: '1',
  protocolVersion: '2025-11-25',
  transport: 'websocket' as const,
  mode: 'ide' as const,
  gateway: 'g',
  connectedSecondsAgo: 0,
});
const names = async (organization = own): Promise<readonly string[]> => {
  const { items } = await sessions.list(organization.admin, { limit: 50 });
  return items.map(({ clientName }) => clientName);
};

describe('sessions of gateways', () => {
  test('are listed with who holds them and since when, until they are closed [edge.sessions]', async () => {
    const agent = await own.agent();
    const began = clock.now();
    const [id] = await sessions.open(agent.principal, [{ ...opened('one'), connectedSecondsAgo: 60 }]);
    await clock.advance(30_000);
    await sessions.refresh(agent.principal, [id!], [12.345]);
    const { items } = await sessions.list(own.admin, { limit: 50 });
    expect(items).toEqual([
      {
        id,
        keyId: agent.principal.keyId,
        agentId: agent.id,
        clientName: 'one',
        clientVersion: '1',
        protocolVersion: '2025-11-25',
        transport: 'websocket',
        mode: 'ide',
        gateway: 'g',
        connectedAt: new Date(began - 60_000),
        lastSeenAt: new Date(began + 30_000),
        latencyMilliseconds: 12.3,
      },
    ]);
    await sessions.close(agent.principal, [id!]);
    expect(await names()).toEqual([]);
  });

  test('vanish when their gateway was killed, and stay while it refreshes them [edge.sessions]', async () => {
    const [kept] = await sessions.open(own.admin, [opened('kept'), opened('killed')]);
    for (let seconds = 0; seconds < 120; seconds += 30) {
      await clock.advance(30_000);
      expect(await sessions.refresh(own.admin, [kept!])).toEqual({ revoked: [], unknown: [] });
    }
    expect(await names()).toEqual(['kept']);
  });

  test('that were lost are unknown, so that the gateway opens them again', async () => {
    const ids = await sessions.open(own.admin, [opened('one'), opened('two')]);
    await keyvalue.close();
    expect(await sessions.refresh(own.admin, ids)).toEqual({ revoked: [], unknown: ids });
  });

  test('are revoked in the list, in the feed, in the trail and for the next refresh [edge.sessions-revoke]', async () => {
    const [one, two] = await sessions.open(own.admin, [opened('one'), opened('two')]);
    await sessions.revoke(own.admin, one!);
    expect(await names()).toEqual(['two']);
    expect(await own.events('session.revoked')).toMatchObject([{ subjectId: one }]);
    expect(await own.auditActions()).toEqual(['key sessions.revoke']);
    // Hours later, for a gateway that was cut off, and more than once.
    await clock.advance(6 * 3_600_000);
    for (let time = 0; time < 2; time += 1) {
      expect(await sessions.refresh(own.admin, [one!, two!])).toEqual({ revoked: [one], unknown: [two] });
    }
    await expect(sessions.revoke(own.admin, one!)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of another key are neither kept, closed nor known; of another organization not seen nor revoked', async () => {
    const stranger = await mesh.organization();
    const agent = await own.agent();
    const [id] = await sessions.open(own.admin, [opened('one')]);
    for (const principal of [agent.principal, stranger.admin]) {
      expect(await sessions.refresh(principal, [id!])).toEqual({ revoked: [], unknown: [id] });
      await sessions.close(principal, [id!]);
    }
    expect(await names(stranger)).toEqual([]);
    await expect(sessions.revoke(stranger.admin, id!)).rejects.toMatchObject({ code: 'not_found' });
    expect(await names()).toEqual(['one']);
    await sessions.revoke(own.admin, id!);
    expect(await sessions.refresh(agent.principal, [id!])).toEqual({ revoked: [], unknown: [id] });
  });

  test('are paged, newest first, and none is missed or comes twice', async () => {
    const ids = await sessions.open(
      own.admin,
      Array.from({ length: 7 }, (_each, n) => opened(String(n))),
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await sessions.list(own.admin, { cursor, limit: 3 });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      // What is refreshed in between does not move.
      await sessions.refresh(own.admin, [ids[0]!]);
    } while (cursor !== undefined);
    expect(seen).toEqual([...ids].sort().toReversed());
  });

  test('of which nothing can be known, because the key-values are away, are not revoked and not said to be', async () => {
    const [id] = await sessions.open(own.admin, [opened('one')]);
    const away: KeyValue = { ...keyvalue, set: () => Promise.reject(new Error('away')) };
    const broken = createEdgeSessions({ ...mesh, keyvalue: away, clock, newId });
    await expect(broken.revoke(own.admin, id!)).rejects.toThrow('away');
    expect(await own.events('session.revoked')).toEqual([]);
    expect(await names()).toEqual(['one']);
  });
});
