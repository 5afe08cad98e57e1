import type { LexicalMatch } from './lexical-index.ts';
import { servicesNamedBy } from './named-services.ts';
import type { Question } from './question.ts';
import type { Action } from './vocabulary.ts';

/** What is known of a tool before a question is asked. */
export interface RankedTool {
  readonly actions: ReadonlySet<Action>;
  readonly retired: boolean;
  readonly service: string;
}

/** The parts of a score, each between 0 and 1. */
export interface ScoreParts {
  readonly words: number;
  /** The part of what was asked for that the tool has. */
  readonly coverage: number;
  readonly meaning: number | undefined;
  readonly action: number;
  /** How much of what the tool is about was asked for. */
  readonly focus: number;
}

/** A tool that fits, by its place. */
export interface RankedHit {
  readonly tool: number;
  readonly score: number;
  readonly parts: ScoreParts;
}

interface Evidence {
  readonly question: Question;
  readonly lexical: ReadonlyMap<number, LexicalMatch>;
  /** Cosine to the question by the place of the tool; NaN where the tool has no vector; undefined where the question has none. */
  readonly similarity: Float32Array | undefined;
  /** The places of the tools that are looked at. */
  readonly tools: readonly number[];
  /** By the place of the tool. */
  readonly ranked: readonly RankedTool[];
}

const shares = { words: 0.4, coverage: 0.25, meaning: 0.3, action: 0.15, focus: 0.25 };

/** Below this likeness a tool that has none of the words is no match. */
const leastLikeness = 0.3;

/** What a tool gains whose service the question names; a service may be called as a thing is, so that others stay. */
const namedGain = 0.3;

/** What is on its way out is meant less often. */
const retiredShare = 0.85;

/** Tools by how well they fit, the best first: their words, their meaning, what they are about, and whether they do what is asked. */
export function rankTools(evidence: Evidence): readonly RankedHit[] {
  const { lexical, tools } = evidence;
  // Never zero, so that it can be divided by.
  let most = Number.MIN_VALUE;
  for (const tool of tools) most = Math.max(most, lexical.get(tool)?.score ?? 0);
  const isNamed = servicesNamedBy(evidence.question);
  const hits: RankedHit[] = [];
  for (const tool of tools) {
    const hit = rankOne(evidence, tool, most);
    if (hit === undefined) continue;
    const named = isNamed(evidence.ranked[tool]?.service ?? '');
    hits.push(named ? { ...hit, score: hit.score + namedGain } : hit);
  }
  return hits.toSorted((one, other) => other.score - one.score || one.tool - other.tool);
}

function rankOne(evidence: Evidence, tool: number, most: number): RankedHit | undefined {
  const { question, lexical, similarity, ranked } = evidence;
  const match = lexical.get(tool);
  const meaning = likenessOf(similarity?.[tool]);
  const known = ranked[tool];
  if (known === undefined || (match === undefined && (meaning ?? 0) < leastLikeness)) return undefined;
  const action = question.action === undefined ? 0 : fitOf(question.action, known.actions);
  const { score: words, coverage, focus } = match ?? noWords;
  const parts = { words: words / most, coverage, meaning, action, focus };
  const score = sumOf(parts);
  return { tool, score: known.retired ? score * retiredShare : score, parts };
}

const noWords = { score: 0, coverage: 0, focus: 0 };

function likenessOf(cosine: number | undefined): number | undefined {
  return cosine === undefined || Number.isNaN(cosine) ? undefined : Math.max(0, cosine);
}

function sumOf({ words, coverage, meaning, action, focus }: ScoreParts): number {
  return (
    shares.words * words +
    shares.coverage * coverage +
    shares.meaning * (meaning ?? 0) +
    shares.action * action +
    shares.focus * focus
  );
}

/** Actions that people name for each other. */
const near: Readonly<Record<Action, readonly Action[]>> = {
  list: ['get'],
  get: ['list'],
  create: ['run', 'update'],
  update: ['run', 'create'],
  delete: ['update', 'run'],
  run: ['create', 'update'],
};

function fitOf(asked: Question['action'] & string, actions: ReadonlySet<Action>): number {
  if (asked === 'write') return actions.has('list') || actions.has('get') ? 0 : 1;
  if (actions.has(asked)) return 1;
  return near[asked].some((other) => actions.has(other)) ? 0.5 : 0;
}
