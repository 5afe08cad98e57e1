import type { CallResult } from './present-answer.ts';

/** All text of a result, for tests that look for words in it. */
export function textOfResult({ content }: CallResult): string {
  return content.map((piece) => (piece.type === 'text' ? piece.text : '')).join('\n');
}
