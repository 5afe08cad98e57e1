/** The value that so many per cent do not exceed, rounded; 0 of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const index = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
  return Math.round((sorted[index] ?? 0) * 10) / 10;
}
