/** Counts by reason, with a few examples of each. */
export interface Tally {
  add(reason: string, example: string): void;
  /** The commonest first. */
  entries(): readonly { readonly reason: string; readonly count: number; readonly examples: readonly string[] }[];
}

const mostExamples = 3;

/** An empty tally. */
export function createTally(): Tally {
  const reasons = new Map<string, { count: number; examples: string[] }>();
  return {
    add: (reason, example) => {
      const found = reasons.get(reason) ?? { count: 0, examples: [] };
      found.count += 1;
      if (found.examples.length < mostExamples) found.examples.push(example);
      reasons.set(reason, found);
    },
    entries: () =>
      [...reasons]
        .map(([reason, { count, examples }]) => ({ reason, count, examples }))
        .toSorted((one, other) => other.count - one.count),
  };
}

/** A reason without the names and values that make each its own. */
export function generalized(reason: string): string {
  return reason.replaceAll(/"[^"]*"/gu, '"…"').slice(0, 160);
}
