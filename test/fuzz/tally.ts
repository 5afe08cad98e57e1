/** How what was sent was answered. */
export interface Tally {
  count(transport: string, answer: string): void;
  /** `<transport> <answer>` with its number, by name. */
  figures(): Readonly<Record<string, number>>;
}

/** Creates an empty tally. */
export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    count: (transport, answer) => {
      const name = `${transport} ${answer}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    figures: () => Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}
