/** Words that say nothing of what is wanted. */
const stopWords: ReadonlySet<string> = new Set(
  `a an the this that these those of in on at to for from by with and or is are was be it its my me i we our you your
  please can could would should want need how do does did what which who whom whose there here all any some as into onto
  about now right so if then up out have has had am not no`.split(/\s+/u),
);

/** The words of a text or a name in lower case, in order: `listCoreV1Pods` -> `list core v1 pods`. */
export function wordsOf(text: string): string[] {
  return text
    .replaceAll(/(?<=\p{Ll}|\p{N})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}(?!s(?!\p{Ll}))\p{Ll})/gu, ' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && word.length <= 60);
}

/** Whether a word says nothing of what is wanted. */
export function isStopWord(word: string): boolean {
  return stopWords.has(word);
}

/** What different forms of an English word share: `merged`, `merges` and `merging` become one term, as do plurals. */
export function termOf(word: string): string {
  if (word.length <= 3) return word;
  let stem = word.replace(/ies$/u, 'y').replace(/(?<=[^su])s$/u, '');
  if (stem.length > 5) stem = stem.replace(/(?:ing|ed)$/u, '');
  stem = stem.replace(/e$/u, '');
  return stem.replace(/([bdfglmnprt])\1$/u, '$1');
}

/** The terms of a text, in order. */
export function termsOf(text: string): string[] {
  return wordsOf(text).map(termOf);
}
