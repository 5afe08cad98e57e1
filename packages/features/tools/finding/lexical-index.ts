import type { Question, Wanted } from './question.ts';
import { fieldsOf, subjectOf, titleTermsOf, type Field, type SearchableTool } from './searchable.ts';

/** How well a tool fits a question by its words. */
export interface LexicalMatch {
  readonly score: number;
  /** The part of what was asked for that it has, by weight. */
  readonly coverage: number;
  /** The part of what the tool is about that was asked for, by rarity. */
  readonly focus: number;
  /** What was asked for, as the tool has it, and where. */
  readonly matched: readonly { readonly word: string; readonly as: string; readonly field: Field }[];
}

/** Words of tools (BM25 over fields, Robertson and Zaragoza 2009). */
export interface LexicalIndex {
  /** By the place of the tool in the list that was indexed; those without a word are left out. */
  match(question: Question): ReadonlyMap<number, LexicalMatch>;
}

interface Posting {
  readonly tool: number;
  /** The weighed frequency, long fields made even. */
  readonly frequency: number;
  /** The weightiest field that has it. */
  readonly field: Field;
}

const fieldWeights: Readonly<Record<Field, number>> = {
  title: 3,
  name: 2.5,
  path: 2,
  tags: 0.8,
  description: 0.8,
  parameters: 0.5,
};

const fieldNames = Object.keys(fieldWeights) as Field[];

/** How much a long field loses, of 1. */
const evenness: Readonly<Record<Field, number>> = {
  title: 0.6,
  name: 0.6,
  path: 0.7,
  tags: 0.5,
  description: 0.75,
  parameters: 0.75,
};

const saturation = 1.2;

/** Indexes the words of tools. */
export function createLexicalIndex(tools: readonly SearchableTool[]): LexicalIndex {
  const documents = tools.map(fieldsOf);
  const averages = averageLengths(documents);
  const postings = new Map<string, Posting[]>();
  for (const [tool, fields] of documents.entries()) {
    for (const [term, { frequency, field }] of frequenciesOf(fields, averages)) {
      const list = postings.get(term) ?? [];
      list.push({ tool, frequency, field });
      postings.set(term, list);
    }
  }
  const rarity = (term: string): number => {
    const found = postings.get(term)?.length ?? 0;
    return Math.log(1 + (tools.length - found + 0.5) / (found + 0.5));
  };
  const about = tools.map((tool) => aboutOf(tool, rarity));
  return {
    match: (question) => matchAll(question, { postings, rarity, about, vocabulary: [...postings.keys()].toSorted() }),
  };
}

/** What a tool is about: the last part of its path, and all that its path and title say. */
interface About {
  readonly subject: readonly Weighed[];
  readonly all: readonly Weighed[];
}

interface Weighed {
  readonly term: string;
  readonly weight: number;
}

function aboutOf(tool: SearchableTool, rarity: (term: string) => number): About {
  const weigh = (term: string): Weighed => ({ term, weight: rarity(term) });
  const all = new Set([...fieldsOf(tool).path, ...titleTermsOf(tool)]);
  return { subject: subjectOf(tool).map(weigh), all: [...all].map(weigh) };
}

/** What a tool is about beyond what was asked for makes it less likely to be meant. */
function focusOf({ subject, all }: About, has: ReadonlySet<string>): number {
  return (shareOf(subject, has) + shareOf(all, has)) / 2;
}

function shareOf(terms: readonly Weighed[], has: ReadonlySet<string>): number {
  let sum = 0;
  let found = 0;
  for (const { term, weight } of terms) {
    sum += weight;
    if (has.has(term)) found += weight;
  }
  return sum === 0 ? 0 : found / sum;
}

type Fields = ReturnType<typeof fieldsOf>;

function averageLengths(documents: readonly Fields[]): Readonly<Record<Field, number>> {
  const sums = Object.fromEntries(fieldNames.map((field) => [field, 0])) as Record<Field, number>;
  for (const fields of documents) for (const field of fieldNames) sums[field] += fields[field].length;
  for (const field of fieldNames) sums[field] = Math.max(1, sums[field] / Math.max(1, documents.length));
  return sums;
}

function frequenciesOf(
  fields: Fields,
  averages: Readonly<Record<Field, number>>,
): ReadonlyMap<string, { frequency: number; field: Field }> {
  const found = new Map<string, { frequency: number; field: Field }>();
  for (const field of fieldNames) {
    const share = evenness[field];
    const length = 1 - share + (share * fields[field].length) / averages[field];
    // Said again and again in one field it is still the one word.
    for (const term of new Set(fields[field])) {
      const known = found.get(term) ?? { frequency: 0, field };
      known.frequency += fieldWeights[field] / length;
      found.set(term, known);
    }
  }
  return found;
}

interface Postings {
  readonly postings: ReadonlyMap<string, readonly Posting[]>;
  readonly rarity: (term: string) => number;
  readonly about: readonly About[];
  /** All terms, in order. */
  readonly vocabulary: readonly string[];
}

interface Scoring {
  score: number;
  covered: number;
  matched: { word: string; as: string; field: Field }[];
}

function matchAll(question: Question, index: Postings): ReadonlyMap<number, LexicalMatch> {
  const scores = new Map<number, Scoring>();
  // What no tool has can be missed by none.
  const findable = question.wanted
    .map((wanted) => ({ wanted, best: bestOf(wanted, index) }))
    .filter(({ best }) => best.size > 0);
  let asked = 0;
  for (const { wanted, best } of findable) {
    const telling = Math.max(...[...best.values()].map(({ rarity }) => rarity));
    const weight = wanted.weight * telling;
    asked += weight;
    for (const [tool, { score, as, field, strength }] of best) {
      const known = scores.get(tool) ?? { score: 0, covered: 0, matched: [] };
      known.score += wanted.weight * score;
      known.covered += weight * strength;
      known.matched.push({ word: wanted.word, as, field });
      scores.set(tool, known);
    }
  }
  return new Map(
    [...scores].map(([tool, { score, covered, matched }]) => {
      const has = new Set(matched.flatMap(({ as }) => as.split(' ')));
      const about = index.about[tool];
      return [
        tool,
        { score, matched, coverage: covered / asked, focus: about === undefined ? 0 : focusOf(about, has) },
      ];
    }),
  );
}

interface Best extends Found {
  readonly as: string;
  readonly strength: number;
}

/** The best of the names of one thing, for each tool that has one. */
function bestOf(wanted: Wanted, index: Postings): ReadonlyMap<number, Best> {
  const best = new Map<number, Best>();
  const [own] = wanted.alternatives;
  // A longer form is no more telling than the word itself, where that is known.
  const known =
    own?.terms.length === 1 && index.postings.has(own.terms[0] ?? '') ? index.rarity(own.terms[0] ?? '') : Infinity;
  const forms = longerForms(wanted, index).map((form) => ({ ...form, most: Math.min(known, wanted.mostRarity) }));
  const named = wanted.alternatives.map((alternative) => ({ ...alternative, most: wanted.mostRarity }));
  for (const { terms, strength, most } of [...named, ...forms]) {
    for (const [tool, found] of withAll(terms, index, most)) {
      const score = found.score * strength;
      if (score > (best.get(tool)?.score ?? 0)) best.set(tool, { ...found, score, strength, as: terms.join(' ') });
    }
  }
  return best;
}

const shortestPrefix = 4;
const longestEnding = 5;
const mostForms = 8;
const mostLooked = 64;

/** `evict` is meant by `eviction`, and `assign` by `assignee`. */
function longerForms({ alternatives, whole = false }: Wanted, { vocabulary }: Postings): Wanted['alternatives'] {
  const [own] = alternatives;
  if (whole || own?.terms.length !== 1) return [];
  const [term = ''] = own.terms;
  return term.length < shortestPrefix
    ? []
    : formsOf(term, vocabulary).map((form) => ({ terms: [form], strength: 0.75 }));
}

function formsOf(term: string, vocabulary: readonly string[]): readonly string[] {
  const from = firstFrom(vocabulary, term);
  const near = vocabulary.slice(from, from + mostLooked).filter((form) => form.startsWith(term) && form !== term);
  return near.filter((form) => form.length <= term.length + longestEnding).slice(0, mostForms);
}

/** The place of the first term that is not before this one. */
function firstFrom(vocabulary: readonly string[], term: string): number {
  let low = 0;
  let high = vocabulary.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((vocabulary[middle] ?? '') < term) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Found {
  readonly score: number;
  readonly field: Field;
  readonly rarity: number;
}

/** The tools that have all the terms. */
function withAll(
  terms: readonly string[],
  { postings, rarity }: Postings,
  mostRarity: number,
): ReadonlyMap<number, Found> {
  let found: Map<number, Found> | undefined;
  for (const term of terms) {
    const weight = Math.min(mostRarity, rarity(term));
    const next = new Map<number, Found>();
    for (const { tool, frequency, field } of postings.get(term) ?? []) {
      const before = found === undefined ? { score: 0, field, rarity: 0 } : found.get(tool);
      if (before === undefined) continue;
      const score = (weight * frequency * (saturation + 1)) / (frequency + saturation);
      next.set(tool, {
        score: before.score + score / terms.length,
        field: before.field,
        rarity: before.rarity + weight / terms.length,
      });
    }
    found = next;
  }
  return found ?? new Map();
}
