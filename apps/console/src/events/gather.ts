/** Collects items for a moment and hands them on together. */
export interface Gatherer<Item> {
  readonly add: (item: Item) => void;
  /** Hands on at once what is still held back. */
  readonly flush: () => void;
}

/** A gatherer that hands on at most once per so many milliseconds. */
export function createGatherer<Item>(milliseconds: number, handOn: (items: readonly Item[]) => void): Gatherer<Item> {
  let held: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const items = held;
    held = [];
    handOn(items);
  };
  return {
    add: (item) => {
      held.push(item);
      timer ??= setTimeout(flush, milliseconds);
    },
    flush,
  };
}
