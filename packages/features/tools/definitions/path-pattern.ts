import { matchesName } from '../../name-pattern.ts';

/** Whether a path fits a pattern in which `*` stands for anything within a segment and `**` for any number of segments. */
export function matchesPath(pattern: string, path: string): boolean {
  const given = segmentsOf(path);
  let reached: ReadonlySet<number> = new Set([0]);
  for (const segment of segmentsOf(pattern)) {
    reached = new Set([...reached].flatMap((at) => after(segment, given, at)));
  }
  return reached.has(given.length);
}

/** How many segments of a path may be behind, once a segment of the pattern stands for what comes after `at`. */
function after(segment: string, given: readonly string[], at: number): readonly number[] {
  if (segment === '**') return Array.from({ length: given.length - at + 1 }, (_, more) => at + more);
  const next = given[at];
  return next !== undefined && matchesName(segment, next) ? [at + 1] : [];
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}
