import { words } from './chunk-embedding.ts';

const mostQueryWords = 24;
const longestWord = 60;

/** The text to search words in: names split into words, and names that were split also whole. */
export function searchableWords(text: string): string {
  return [...splitWords(text), ...wholeNames(text)].join(' ');
}

/** The different words of a question, at most 24, in the form that `searchableWords` gives. */
export function queryWords(query: string): readonly string[] {
  return [...new Set([...wholeNames(query), ...splitWords(query)])].slice(0, mostQueryWords);
}

function splitWords(text: string): string[] {
  return words(text).split(' ').filter(fits);
}

/** `stale_fence`, `staleFence` and `stale-fence` are all `stalefence`; names of one word are left out. */
function wholeNames(text: string): string[] {
  return (text.match(/[\p{L}\p{N}]+(?:[_-][\p{L}\p{N}]+)*/gu) ?? [])
    .filter((name) => words(name).includes(' '))
    .map((name) => name.replaceAll(/[_-]/gu, '').toLowerCase())
    .filter(fits);
}

function fits(word: string): boolean {
  return word !== '' && word.length <= longestWord;
}
