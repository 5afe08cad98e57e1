import { randomUUID } from 'node:crypto';
import { openTestDatabase } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Tx } from '../database/port.ts';
import {
  acknowledgeEntries,
  appendEntries,
  claimEntries,
  holdEntries,
  makeGroup,
  readEntries,
  releaseEntries,
} from './database-statements.ts';
import type { Delivery } from './port.ts';

const queued = 6_000;
const reader = { topic: 'cost', group: 'group', consumer: 'consumer' };
const [busy, quiet, none] = [randomUUID(), randomUUID(), '00000000-0000-0000-0000-000000000000'];

describe(`with ${String(queued)} unread and ${String(queued)} held entries of one tenant`, () => {
  let database: Database;
  let held: readonly Delivery[];
  const run = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => database.system('stream', work);
  beforeAll(async () => {
    database = await openTestDatabase();
    const entries = Array.from({ length: 2_000 }, () => ({ tenantId: busy, kind: 'test', subjectId: 'a' }));
    await run((tx) => makeGroup(tx, reader.topic, reader.group));
    for (let at = 0; at < (2 * queued) / entries.length; at += 1) {
      await run((tx) => appendEntries(tx, reader.topic, entries));
    }
    await run((tx) => appendEntries(tx, reader.topic, [{ tenantId: quiet, kind: 'test', subjectId: 'b' }]));
    held = await run((tx) => readEntries(tx, reader, { count: queued, except: [quiet], after: none }));
  });
  afterAll(() => database.close());

  test.each<[string, number, (tx: Tx) => Promise<unknown>]>([
    ['a read', 600, (tx) => readEntries(tx, reader, { count: 5, except: [], after: none })],
    [
      'a read that leaves the tenant out',
      600,
      (tx) => readEntries(tx, reader, { count: 5, except: [busy], after: none }),
    ],
    ['a claim that finds nothing', 100, (tx) => claimEntries(tx, reader, { count: 5, idleMilliseconds: 3_600_000 })],
    ['a claim that finds everything', 600, (tx) => claimEntries(tx, reader, { count: 5, idleMilliseconds: 0 })],
    ['a hold', 250, (tx) => holdEntries(tx, reader, idsOf(held.slice(0, 5)))],
    ['a release', 250, (tx) => releaseEntries(tx, reader, idsOf(held.slice(5, 10)))],
    ['an acknowledgement', 300, (tx) => acknowledgeEntries(tx, reader, idsOf(held.slice(10, 15)))],
  ])('%s touches at most %i pages, not the queue [stream.bounded]', async (_name, most, work) => {
    const pages = await run((tx) => pagesOf(tx, work));
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThanOrEqual(most);
  });
});

function idsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ entryId }) => entryId);
}

/** How many pages the statements of `work` touch: the same as they run, with an explanation for a result. */
async function pagesOf(tx: Tx, work: (tx: Tx) => Promise<unknown>): Promise<number> {
  const executor = tx.getExecutor();
  let pages = 0;
  const explaining = new Proxy(executor, {
    get: (target, name) => {
      if (name === 'compileQuery') {
        return (...given: Parameters<typeof executor.compileQuery>) => {
          const compiled = target.compileQuery(...given);
          return { ...compiled, sql: `explain (analyze, buffers, format json) ${compiled.sql}` };
        };
      }
      if (name === 'executeQuery') {
        return async (...given: Parameters<typeof executor.executeQuery>) => {
          const { rows } = await target.executeQuery<Explained>(...given);
          for (const row of rows) pages += touched(row);
          return { rows: [] };
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await work(
    new Proxy(tx, { get: (target, name) => (name === 'getExecutor' ? () => explaining : Reflect.get(target, name)) }),
  );
  return pages;
}

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: Readonly<Record<string, number>> }[];
}

function touched(row: Explained): number {
  return row['QUERY PLAN'].reduce(
    (sum, { Plan: plan }) => sum + (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    0,
  );
}
