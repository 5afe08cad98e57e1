import { headingAt } from './chunk-heading.ts';
import { chunkLimits, type Chunk, type SourceFile } from './chunker.ts';
import { cut, isBlank, isCloser, levelOf } from './chunk-line.ts';

/** Lines from `start` up to but without `end`, counted from 0. */
interface Range {
  readonly start: number;
  readonly end: number;
}

// Neighbours are put together while they stay below this: a chunk of two lines says little.
const mergeBelow = { lines: 20, characters: 700 };

/** Splits any text at blank lines and by indentation: a top-level declaration stays whole when it fits. */
export function chunkByLines({ path, text }: SourceFile): readonly Chunk[] {
  const lines = text.split(/\r?\n/u);
  const declarations = splitAtDeclarations(lines);
  const fitting = declarations.flatMap((range) => splitToFit(lines, range));
  return merge(lines, fitting).map(({ start, end }) => ({
    startLine: start + 1,
    endLine: end,
    text: cut(lines.slice(start, end).join('\n'), chunkLimits.characters),
    heading: headingAt({ path, lines, start, end }),
  }));
}

function splitAtDeclarations(lines: readonly string[]): Range[] {
  const starts = lines.flatMap((line, index) => {
    const opens = !isBlank(line) && levelOf(line) === 0 && !isCloser(line);
    return opens && isBlank(lines[index - 1] ?? '') ? [index] : [];
  });
  const bounds = [...new Set([0, ...starts, lines.length])];
  return bounds.flatMap((start, index) => trimmed(lines, { start, end: bounds[index + 1] ?? start }));
}

function splitToFit(lines: readonly string[], range: Range): Range[] {
  const ranges: Range[] = [];
  let { start } = range;
  while (start < range.end) {
    const limit = furthest(lines, { start, end: range.end });
    const end = limit === range.end ? limit : bestBreak(lines, { start, end: limit });
    ranges.push(...trimmed(lines, { start, end }));
    start = end;
  }
  return ranges;
}

/** The end of the longest run from `start` that keeps the limits; at least one line. */
function furthest(lines: readonly string[], { start, end }: Range): number {
  const last = Math.min(end, start + chunkLimits.lines);
  let characters = -1;
  for (let index = start; index < last; index += 1) {
    characters += 1 + (lines[index]?.length ?? 0);
    if (characters > chunkLimits.characters) return Math.max(index, start + 1);
  }
  return last;
}

/** Where to cut between a third of the run and its end: after a blank line rather than not, then at the least indentation. */
function bestBreak(lines: readonly string[], { start, end }: Range): number {
  let best = end;
  let bestStrength = -Infinity;
  for (let index = end; index > start + Math.floor((end - start) / 3); index -= 1) {
    const strength = strengthOf(lines, index);
    if (strength > bestStrength) [best, bestStrength] = [index, strength];
  }
  return best;
}

function strengthOf(lines: readonly string[], index: number): number {
  const line = lines[index] ?? '';
  if (isBlank(line) || isCloser(line)) return -100;
  return (isBlank(lines[index - 1] ?? '') ? 50 : 0) - Math.min(levelOf(line), 49);
}

function merge(lines: readonly string[], ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    const joined = { start: previous?.start ?? range.start, end: range.end };
    if (previous !== undefined && isSmall(lines, joined)) merged[merged.length - 1] = joined;
    else merged.push(range);
  }
  return merged;
}

function isSmall(lines: readonly string[], { start, end }: Range): boolean {
  return end - start <= mergeBelow.lines && lines.slice(start, end).join('\n').length <= mergeBelow.characters;
}

/** The range without blank lines at its ends; nothing when it is all blank. */
function trimmed(lines: readonly string[], { start, end }: Range): Range[] {
  let [first, last] = [start, end];
  while (first < last && isBlank(lines[first] ?? '')) first += 1;
  while (last > first && isBlank(lines[last - 1] ?? '')) last -= 1;
  return first < last ? [{ start: first, end: last }] : [];
}
