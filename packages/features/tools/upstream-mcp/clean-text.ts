import { visible } from '../naming/clean-text.ts';
import { storable } from '../reading/storable.ts';

/** Text of a server as people and models may read it: without what hides, within a bound. */
export function cleanText(text: string, longest: number): string {
  // What hides may be most of a text, and cleaning one without end would cost without end.
  const plain = visible(storable(text.slice(0, longest * 4)));
  if (plain.length <= longest) return plain;
  return `${plain
    .slice(0, longest - 1)
    .replace(/[\uD800-\uDBFF]$/u, '')
    .trimEnd()}…`;
}
