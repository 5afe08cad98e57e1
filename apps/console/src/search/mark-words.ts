/** A stretch of text, and whether it is one of the words asked for. */
export interface Segment {
  readonly text: string;
  readonly marked: boolean;
}

const shortestWord = 3;

/** Words of questions that say nothing about the code. */
const common = new Set(
  'and are can does for from has how not that the this was what when where which who why with'.split(' '),
);

/** Splits a text at the words of a query, without regard to case. The segments joined are the text again. */
export function markWords(text: string, query: string): readonly Segment[] {
  const words = [...new Set(query.match(/[\p{L}\p{N}_]+/gu))].filter(
    (word) => word.length >= shortestWord && !common.has(word.toLowerCase()),
  );
  if (words.length === 0) return [{ text, marked: false }];
  const longestFirst = words.sort((one, other) => other.length - one.length);
  // With one capturing group, every odd part is a match.
  return text
    .split(new RegExp(`(${longestFirst.join('|')})`, 'giu'))
    .map((part, index) => ({ text: part, marked: index % 2 === 1 }))
    .filter((segment) => segment.text !== '');
}
