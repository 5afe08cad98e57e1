import { newId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUpstream, lockUpstream, selectUpstreams, updateFailed } from './store.ts';
import { releaseLease, renewLease, selectOrphans, takeLease } from './store-leases.ts';
import { selectSubscriptions, upsertSubscription } from './store-offerings.ts';

describe('following a server', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const server = async () => {
    const tenantId = await newTenant(database);
    const toolId = newId();
    await database.tenant(tenantId, (tx) =>
      insertUpstream(tx, {
        toolId,
        name: 'docs',
        baseUrl: 'https://x.test/mcp',
        sourceUrl: null,
        transport: 'http',
        command: null,
        arguments: [],
        workingDirectory: null,
        sealedEnvironment: null,
        userId: null,
      }),
    );
    const take = () => database.tenant(tenantId, (tx) => takeLease(tx, toolId, 60));
    const renew = (fence: string) => database.tenant(tenantId, (tx) => renewLease(tx, { toolId, fence, seconds: 60 }));
    const lock = (fence: string) => database.tenant(tenantId, (tx) => lockUpstream(tx, toolId, fence));
    const lapse = () =>
      database.tenant(tenantId, (tx) =>
        sql`update mcp.upstream_servers set leased_until = now() - interval '1 second'`.execute(tx),
      );
    const orphans = async () => {
      const found = await database.system('sweep', (tx) => selectOrphans(tx, 100));
      return found.filter((orphan) => orphan.toolId === toolId);
    };
    return { tenantId, toolId, take, renew, lock, lapse, orphans };
  };

  it('is for one process at a time; a late one is refused, whatever it brings [upstream.followed]', async () => {
    const { tenantId, toolId, take, renew, lock, lapse, orphans } = await server();
    expect(await orphans()).toEqual([{ tenantId, toolId }]);
    const first = await take();
    expect(await take()).toBeUndefined();
    expect(await orphans()).toEqual([]);
    expect(await renew(first!)).toMatchObject({ state: 'connecting', transport: 'http' });
    await lapse();
    const second = await take();
    expect(Number(second)).toBeGreaterThan(Number(first));
    expect(await renew(first!)).toBeUndefined();
    expect(await lock(first!)).toBeUndefined();
    expect(await lock(second!)).toMatchObject({ state: 'connecting' });
    await database.tenant(tenantId, (tx) => releaseLease(tx, toolId, first!));
    expect(await take()).toBeUndefined();
    await database.tenant(tenantId, (tx) => releaseLease(tx, toolId, second!));
    expect(await take()).toBeDefined();
  });

  it('tells once that a server failed, waits longer each time, and forgets nothing of it [tools.upstream-mcp]', async () => {
    const { tenantId, toolId, take, renew } = await server();
    await database.tenant(tenantId, (tx) =>
      sql`update mcp.upstream_servers set prompts = '[{"name":"greet"}]'::jsonb`.execute(tx),
    );
    const fence = await take();
    const fail = () => database.tenant(tenantId, (tx) => updateFailed(tx, { toolId, reason: 'away' }));
    const news: boolean[] = [];
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      news.push(await fail());
      waits.push((await renew(fence!))!.dueMilliseconds);
    }
    expect(news).toEqual([true, ...Array.from({ length: 11 }, () => false)]);
    expect(waits[0]).toBeLessThan(3_000);
    expect(waits[5]).toBeGreaterThan(30_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(360_000);
    const [row] = await database.tenant(tenantId, (tx) => selectUpstreams(tx, [toolId]));
    expect(row).toMatchObject({ state: 'failed', reason: 'away' });
    const { rows } = await database.tenant(tenantId, (tx) => sql`select prompts from mcp.upstream_servers`.execute(tx));
    expect(rows).toEqual([{ prompts: [{ name: 'greet' }] }]);
  });

  it('hears of so many resources, each for a while', async () => {
    const { tenantId, toolId } = await server();
    const subscribe = (uri: string, seconds = 60) =>
      database.tenant(tenantId, (tx) => upsertSubscription(tx, { toolId, uri }, { seconds, most: 2 }));
    expect(await subscribe('note://a')).toBeInstanceOf(Date);
    expect(await subscribe('note://b', -1)).toBeInstanceOf(Date);
    const now = () => database.tenant(tenantId, (tx) => selectSubscriptions(tx, toolId));
    expect(await now()).toEqual(['note://a']);
    await subscribe('note://c');
    expect(await subscribe('note://d')).toBeUndefined();
    expect(await subscribe('note://a')).toBeInstanceOf(Date);
    expect(await now()).toEqual(['note://a', 'note://c']);
  });
});
