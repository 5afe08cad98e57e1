/** Chance that can be repeated: the same seed gives the same numbers. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [from, below). */
  between(from: number, below: number): number;
  /** One of them. */
  pick<Item>(items: readonly Item[]): Item | undefined;
  /** The same items in another order. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Chance by a 32-bit counter that is mixed well enough for tests (mulberry32). */
export function createRandom(seed: number): Random {
  let state = Math.trunc(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, below: number): number => from + Math.floor(next() * (below - from));
  return {
    next,
    between,
    pick: (items) => items[between(0, items.length)],
    shuffle: (items) =>
      items
        .map((item) => ({ item, place: next() }))
        .sort((one, other) => one.place - other.place)
        .map(({ item }) => item),
  };
}
