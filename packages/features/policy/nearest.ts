import { mapInTurns } from './in-turns.ts';

const most = 5;
const alike = 0.3;

/** The names that look most like a wrong one, best first. */
export async function nearestNames(wrong: string, names: readonly string[]): Promise<readonly string[]> {
  const wanted = pairsOf(wrong);
  const scored = await mapInTurns(names, (name) => ({ name, score: likeness(wanted, pairsOf(name)) }));
  return scored
    .filter(({ score }) => score >= alike)
    .toSorted((one, other) => other.score - one.score || one.name.localeCompare(other.name))
    .slice(0, most)
    .map(({ name }) => name);
}

/** The pairs of neighbouring characters, with the ends marked; in whichever spelling. */
function pairsOf(name: string): ReadonlySet<string> {
  const text = `^${name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '_')}$`;
  return new Set(Array.from({ length: text.length - 1 }, (_none, at) => text.slice(at, at + 2)));
}

/** The share of pairs that both have (Dice). */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let both = 0;
  for (const pair of one) if (other.has(pair)) both += 1;
  return (2 * both) / (one.size + other.size);
}
