import { MeshError } from '@devmesh/foundation';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

/** A commit that ends when the test says so. */
function heldCommits() {
  const begun: { group: string; items: readonly string[]; finish: () => void; fail: (error: unknown) => void }[] = [];
  const commit = (group: string, items: readonly string[]): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const finish = (): void => {
        resolve(items.map((item) => item.toUpperCase()));
      };
      begun.push({ group, items, finish, fail: reject });
    });
  return { begun, commit };
}

const limits = {
  bytesOf: (item: string) => item.length,
  mayBeOneItem: (error: unknown) => !(error instanceof MeshError),
  maximumItems: 100,
  maximumBytes: 1_000,
  parallel: 2,
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('commits together what arrives while a transaction of the group is in flight', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, commit });
    const results = ['a', 'b', 'c'].map((item) => inbox.submit('g', item).result);
    await turn();
    expect(begun.map(({ items }) => items)).toEqual([['a']]);
    begun[0]!.finish();
    expect(await results[0]).toBe('A');
    await turn();
    expect(begun.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
    begun[1]!.finish();
    expect(await Promise.all(results)).toEqual(['A', 'B', 'C']);
  });

  it('tells nobody of a commit before it is done [webhooks.committed-first]', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, commit });
    let settled = false;
    const result = inbox.submit('g', 'a').result.finally(() => {
      settled = true;
    });
    await turn();
    expect(settled).toBe(false);
    begun[0]!.finish();
    await result;
  });

  it('bounds a transaction by items and by bytes, and lets one item of any size through', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, maximumItems: 2, maximumBytes: 5, commit });
    for (const item of ['first', 'a', 'b', 'c', 'xxxxx', 'far too long']) void inbox.submit('g', item).result;
    for (let at = 0; at < 5; at += 1) {
      await turn();
      begun[at]!.finish();
    }
    await turn();
    expect(begun.map(({ items }) => items)).toEqual([['first'], ['a', 'b'], ['c'], ['xxxxx'], ['far too long']]);
  });

  it('commits groups in parallel up to the bound, first come, first served', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, commit });
    for (const group of ['one', 'two', 'three', 'one']) void inbox.submit(group, group).result;
    await turn();
    expect(begun.map(({ group }) => group)).toEqual(['one', 'two']);
    begun[0]!.finish();
    await turn();
    expect(begun.map(({ group }) => group)).toEqual(['one', 'two', 'three']);
  });

  it('lets the first of a group wait for others where it is told to, unless there are enough', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const { begun, commit } = heldCommits();
      const inbox = createGroupCommit({ ...limits, maximumItems: 3, lingerMilliseconds: 20, commit });
      const submit = (...items: string[]) => Promise.all(items.map((item) => inbox.submit('g', item).result));
      const first = submit('a', 'b');
      await turn();
      expect(begun).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(20);
      expect(begun.map(({ items }) => items)).toEqual([['a', 'b']]);
      const second = submit('c');
      await vi.advanceTimersByTimeAsync(40);
      begun[0]!.finish();
      expect(await first).toEqual(['A', 'B']);
      await vi.advanceTimersByTimeAsync(19);
      expect(begun).toHaveLength(1);
      const third = submit('d', 'e');
      await turn();
      expect(begun.map(({ items }) => items)).toEqual([
        ['a', 'b'],
        ['c', 'd', 'e'],
      ]);
      begun[1]!.finish();
      expect([await second, await third]).toEqual([['C'], ['D', 'E']]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives an outage to everybody, without trying again', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, commit });
    const results = ['a', 'b', 'c'].map((item) => inbox.submit('g', item).result);
    begun[0]!.finish();
    await turn();
    begun[1]!.fail(new MeshError('unavailable', 'down'));
    const settled = await Promise.allSettled(results);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(begun).toHaveLength(2);
  });

  it('leaves out what was withdrawn before its transaction began', async () => {
    const { begun, commit } = heldCommits();
    const inbox = createGroupCommit({ ...limits, commit });
    const [, b, c] = ['a', 'b', 'c'].map((item) => inbox.submit('g', item));
    b!.withdraw();
    await expect(b!.result).rejects.toMatchObject({ code: 'unavailable' });
    begun[0]!.finish();
    await turn();
    expect(begun.map(({ items }) => items)).toEqual([['a'], ['c']]);
    c!.withdraw();
    begun[1]!.finish();
    expect(await c!.result).toBe('C');
  });

  it('refuses exactly the items that are at fault, and commits each of the others exactly once', async () => {
    const arrivals = fc.array(
      fc.record({ group: fc.constantFrom('g', 'h', 'i'), faulty: fc.boolean(), later: fc.boolean() }),
      {
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async (items) => {
        const committed: number[] = [];
        const faulty = (index: number): boolean => items[index]!.faulty;
        const inbox = createGroupCommit<number, number>({
          ...limits,
          bytesOf: () => 1,
          commit: async (_group, batch) => {
            await turn();
            if (batch.some(faulty)) throw new Error('the fault of one item');
            committed.push(...batch);
            return batch;
          },
        });
        const results: Promise<number>[] = [];
        for (const [index, { group, later }] of items.entries()) {
          results.push(inbox.submit(group, index).result);
          results.at(-1)!.catch(() => undefined);
          if (later) await turn();
        }
        const settled = await Promise.allSettled(results);
        const wanted = items.flatMap((item, index) => (item.faulty ? [] : [index]));
        expect(settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))).toEqual(wanted);
        expect(committed.toSorted((a, b) => a - b)).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });
});
