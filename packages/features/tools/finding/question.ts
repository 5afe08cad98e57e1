import { actionWords, nounWords, type Action } from './vocabulary.ts';
import { isStopWord, termOf, termsOf, wordsOf } from './words.ts';

/** One thing that is asked for, with the words that operations may use for it. */
export interface Wanted {
  /** As it was asked. */
  readonly word: string;
  readonly weight: number;
  /** However rare the word is, it counts for no more than this. */
  readonly mostRarity: number;
  readonly alternatives: readonly Alternative[];
  /** Longer words that begin like it are not meant. */
  readonly whole?: boolean;
}

interface Alternative {
  /** More than one: all of them. */
  readonly terms: readonly string[];
  /** 1 for the word itself. */
  readonly strength: number;
}

/** A question as the index understands it. */
export interface Question {
  readonly wanted: readonly Wanted[];
  /** `write` where it is not known what exactly. */
  readonly action: Action | 'write' | undefined;
  /** The word that told the action. */
  readonly actionWord: string | undefined;
  /** What was read into it: `PR` -> `pull request`. */
  readonly readAs: readonly string[];
}

/** More words than this add nothing but time. */
const mostWords = 32;

const verbWeight = 0.7;

/** What is done is never more telling than what it is done to. */
const mostRarityOfVerbs = 3;

/** Reads a question: which action is meant, and which things, under all the names that they may have. */
export function readQuestion(text: string): Question {
  const words = wordsOf(text).slice(0, mostWords);
  const verbAt = findVerb(words);
  const verb = verbAt === undefined ? undefined : words[verbAt];
  const action = verb === undefined ? askedFor(words) : actionWords.get(verb)?.action;
  const wanted: Wanted[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const pair = `${word} ${words[at + 1] ?? ''}`;
    if (nounWords.has(pair)) wanted.push(wantedNoun(pair, 1));
    if (at === verbAt) wanted.push(wantedVerb(word));
    else if (!isStopWord(word) || nounWords.has(word)) wanted.push(wantedNoun(word, isStopWord(word) ? 0.4 : 1));
  }
  const joined = joinedPairs(words);
  return { wanted: [...wanted, ...joined], action, actionWord: verb, readAs: wanted.flatMap(readingOf) };
}

/** The first word that names an action and is not clearly something else. */
function findVerb(words: readonly string[]): number | undefined {
  const at = words.findIndex((word) => !isStopWord(word));
  if (at === -1) return undefined;
  if (actionWords.has(words[at] ?? '')) return at;
  return undefined;
}

const asking: ReadonlySet<string> = new Set(['what', 'which', 'who', 'how', 'where', 'when', 'is', 'are', 'does']);
const determiners: ReadonlySet<string> = new Set([
  'a',
  'an',
  'the',
  'my',
  'this',
  'these',
  'that',
  'for',
  'all',
  'somebody',
]);

/** What is asked without a verb that is known: a question wants to see, and `snooze an incident` wants something done. */
function askedFor(words: readonly string[]): Action | 'write' | undefined {
  if (asking.has(words[0] ?? '')) return 'get';
  const first = words.findIndex((word) => !isStopWord(word));
  return determiners.has(words[first + 1] ?? '') ? 'write' : undefined;
}

function wantedNoun(word: string, weight: number): Wanted {
  const others = nounWords.get(word) ?? [];
  const own = { terms: termsOf(word), strength: 1 };
  const known = others.map((other) => ({ terms: termsOf(other), strength: 0.9 }));
  return { word, weight, mostRarity: Infinity, alternatives: dedupe([own, ...known]) };
}

function wantedVerb(word: string): Wanted {
  const as = actionWords.get(word)?.as ?? [];
  const known = as.map((other, at) => ({ terms: [termOf(other)], strength: Math.max(0.5, 0.9 - at * 0.1) }));
  return {
    word,
    weight: verbWeight,
    mostRarity: mostRarityOfVerbs,
    alternatives: dedupe([{ terms: [termOf(word)], strength: 1 }, ...known]),
  };
}

function dedupe(alternatives: readonly Alternative[]): readonly Alternative[] {
  const seen = new Set<string>();
  return alternatives.filter(({ terms }) => {
    const key = terms.join(' ');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** `status update` may be called `statusupdate`. */
function joinedPairs(words: readonly string[]): readonly Wanted[] {
  const telling = words.filter((word) => !isStopWord(word));
  return telling.slice(1).map((word, at) => {
    const joined = `${telling[at] ?? ''}${word}`;
    return {
      word: joined,
      weight: 0.5,
      mostRarity: Infinity,
      whole: true,
      alternatives: [{ terms: [termOf(joined)], strength: 1 }],
    };
  });
}

function readingOf({ word, alternatives }: Wanted): readonly string[] {
  const others = alternatives.slice(1).map(({ terms }) => terms.join(' '));
  return others.length === 0 ? [] : [`${word} -> ${others.join(', ')}`];
}
