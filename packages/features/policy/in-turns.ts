import { setImmediate as nextTurn } from 'node:timers/promises';

const turnMilliseconds = 5;

/** Works through a list without holding others up: every few milliseconds they get their turn. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let since = performance.now();
  for (const item of items) {
    results.push(work(item));
    if (performance.now() - since < turnMilliseconds) continue;
    await nextTurn();
    since = performance.now();
  }
  return results;
}
