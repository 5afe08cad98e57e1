/** A chunk that a search looks at more closely. */
export interface Candidate {
  readonly path: string;
  readonly startLine: number;
  readonly repositoryId: string;
  /** Cosine between question and chunk, -1 to 1; null where the chunk's embedding is of another model. */
  readonly similarity: number | null;
  /** How well the words fit; 0 when none does. */
  readonly lexical: number;
  /** Which part of the question's words it has, each weighted by its rarity; 0 to 1. */
  readonly coverage: number;
}

// Measured on real repositories: what people ask about lies above, noise below.
const enough = { similarity: 0.3, coverage: 0.5 };
const enoughTogether = { similarity: 0.2, coverage: 0.3 };

/** Whether a chunk has to do with the question at all, so that nonsense finds nothing. */
export function isRelevant({ similarity, coverage }: Candidate): boolean {
  const closeness = similarity ?? 0;
  const both = closeness >= enoughTogether.similarity && coverage >= enoughTogether.coverage;
  return both || closeness >= enough.similarity || coverage >= enough.coverage;
}

/** What kind of file a chunk is in. */
export type FileKind = 'source' | 'test' | 'document';

/** Tells the kind by the path. */
export function kindOf(path: string): FileKind {
  if (
    /(?:^|\/)(?:tests?|__tests__|specs?|e2e|fixtures?|testdata|testing)\/|[._-](?:test|spec)s?\.[^/]+$|(?:^|\/)test_[^/]+$/iu.test(
      path,
    )
  ) {
    return 'test';
  }
  const isDocument =
    /(?:^|\/)(?:docs?|examples?|samples?)\/|\.(?:md|mdx|markdown|rst|adoc|txt)$|(?:^|\/)(?:changelog|license|notice)/iu;
  return isDocument.test(path) ? 'document' : 'source';
}

const asksFor: Readonly<Record<FileKind, RegExp>> = {
  source: /^$/u,
  test: /\b(?:tests?|tested|specs?|fixtures?)\b/iu,
  document: /\b(?:docs?|documentation|readme|changelog|guide|license|examples?)\b/iu,
};
const behindSources = 0.6;

/** What a rank counts: sources stand above tests and documents unless those were asked for. */
function weightOf(path: string, query: string): number {
  const kind = kindOf(path);
  return kind === 'source' || asksFor[kind].test(query) ? 1 : behindSources;
}

// Reciprocal rank fusion. Words count more: where a name is known, it is nearly always right.
const damping = 20;
const lexicalWeight = 1.5;
const mostPerFile = 3;

export type Ranked<Found extends Candidate> = Found & { readonly score: number };

interface RankOptions {
  readonly query: string;
  readonly limit: number;
}

/** The best candidates first, by meaning and by words together; at most three chunks of one file. Scores lie within 0 to 1. */
export function rank<Found extends Candidate>(
  candidates: readonly Found[],
  { query, limit }: RankOptions,
): readonly Ranked<Found>[] {
  const relevant = candidates.filter(isRelevant);
  const byMeaning = ranksOf(relevant, (found) => found.similarity ?? -1);
  const byWords = ranksOf(relevant, (found) => found.lexical);
  const best = (1 + lexicalWeight) / (damping + 1);
  const scored = relevant.map((found) => {
    const meaning = part(found.similarity !== null, byMeaning.get(found));
    const lexical = lexicalWeight * part(found.lexical > 0, byWords.get(found));
    return { ...found, score: (weightOf(found.path, query) * (meaning + lexical)) / best };
  });
  return limitPerFile(scored.sort(compare)).slice(0, limit);
}

function part(counts: boolean, position: number | undefined): number {
  return counts && position !== undefined ? 1 / (damping + position) : 0;
}

/** Positions from 1, best first; equals share one. */
function ranksOf<Found>(items: readonly Found[], value: (item: Found) => number): ReadonlyMap<Found, number> {
  const sorted = items.toSorted((one, other) => value(other) - value(one));
  const ranks = new Map<Found, number>();
  for (const [index, item] of sorted.entries()) {
    const previous = sorted[index - 1];
    const shared = previous !== undefined && value(previous) === value(item) ? ranks.get(previous) : undefined;
    ranks.set(item, shared ?? index + 1);
  }
  return ranks;
}

function compare<Found extends Candidate>(one: Ranked<Found>, other: Ranked<Found>): number {
  if (one.score !== other.score) return other.score - one.score;
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.startLine - other.startLine;
}

function limitPerFile<Found extends Candidate>(sorted: readonly Found[]): readonly Found[] {
  const counts = new Map<string, number>();
  return sorted.filter(({ repositoryId, path }) => {
    const file = `${repositoryId}/${path}`;
    const count = (counts.get(file) ?? 0) + 1;
    counts.set(file, count);
    return count <= mostPerFile;
  });
}
