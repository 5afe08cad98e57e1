/** The name that was most likely meant: the same but for case and punctuation, or few letters away; undefined where none is near. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  if (given.length > longest) return undefined;
  const same = names.find((name) => plain(name) === plain(given) && name !== given);
  if (same !== undefined) return same;
  const bound = Math.max(1, Math.floor((given.length + 1) / 3));
  const near = names
    .slice(0, mostNames)
    .filter((name) => Math.abs(name.length - given.length) <= bound)
    .map((name) => ({ name, distance: distanceOf(name.toLowerCase(), given.toLowerCase()) }))
    .filter(({ distance }) => distance <= bound)
    .toSorted((one, other) => one.distance - other.distance);
  return near[0]?.name;
}

const longest = 100;
const mostNames = 500;

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Letters to change, add or take away (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const changed = (last[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      next.push(Math.min((last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, changed));
    }
    last = next;
  }
  return last.at(-1) ?? 0;
}
