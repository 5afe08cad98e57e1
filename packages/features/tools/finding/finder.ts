import { toMeshError, type Telemetry } from '@devmesh/foundation';
import type { Database, Embedder } from '@devmesh/infrastructure';
import type { Principal } from '../../identity/index.ts';
import type { Policy } from '../../policy/index.ts';
import { resourceOf } from '../tool-resource.ts';
import { createKeptIndexes } from './kept-indexes.ts';
import type { LexicalMatch } from './lexical-index.ts';
import { readQuestion, type Question } from './question.ts';
import { rankTools, type RankedHit, type ScoreParts } from './rank.ts';
import { noteTools, selectSearchState, type SearchRow, type SearchState } from './store.ts';
import { buildToolIndex, similaritiesOf, type ToolIndex } from './tool-index.ts';

interface FinderOptions {
  readonly database: Database;
  /** Absent: everything is found by words only, which the answer tells. */
  readonly embedder?: Embedder;
  readonly policy: Policy;
  readonly telemetry: Telemetry;
}

/** What somebody looks for. */
interface ToolSearch {
  readonly query: string;
  /** The name of a service; absent: all. */
  readonly service?: string | undefined;
  readonly limit: number;
}

/** A tool that was found, and why. */
export interface FoundTool {
  readonly row: SearchRow;
  readonly score: number;
  readonly why: {
    readonly matched: LexicalMatch['matched'];
    readonly action?: Question['action'];
    readonly readAs: readonly string[];
    readonly parts: ScoreParts;
  };
}

/** `degraded`: not all could be compared by meaning; what was found was found by words. */
interface ToolsFound {
  readonly items: readonly FoundTool[];
  readonly state: 'ok' | 'no_match' | 'not_indexed' | 'degraded';
}

/** Finds tools by what somebody wants to do. */
export interface ToolFinder {
  /** Those that the principal may call, the best first. */
  search(principal: Principal, search: ToolSearch): Promise<ToolsFound>;
}

/** Hits that are decided on at once. */
const decidedAtOnce = 40;

/** Builds the finder; the organizations that search least are forgotten first. */
export function createToolFinder(options: FinderOptions): ToolFinder {
  const { database, embedder, telemetry } = options;
  const indexes = createKeptIndexes(({ tenantId, state }) =>
    buildToolIndex(database, { tenantId, state, model: embedder?.model.name ?? '' }),
  );
  return {
    search: (principal, search) =>
      telemetry.tracer.span('tools.search', {}, async () => {
        const state = await stateOf(database, principal.tenantId);
        const index = state === undefined ? undefined : await indexes.get(principal.tenantId, state);
        const found = index === undefined ? nothingIndexed : await searchIn(options, principal, { index, search });
        telemetry.metrics.count('devmesh_tool_searches_total', { outcome: found.state });
        return found;
      }),
  };
}

const nothingIndexed: ToolsFound = { items: [], state: 'not_indexed' };

/** Tools that are older than the noting of changes are noted when they are first looked for. */
function stateOf(database: Database, tenantId: string): Promise<SearchState | undefined> {
  return database.tenant(tenantId, async (tx) => {
    const state = await selectSearchState(tx);
    if (state !== undefined) return state;
    await noteTools(tx);
    return selectSearchState(tx);
  });
}

interface Searching {
  readonly index: ToolIndex;
  readonly search: ToolSearch;
}

async function searchIn(
  options: FinderOptions,
  principal: Principal,
  { index, search }: Searching,
): Promise<ToolsFound> {
  if (index.rows.length === 0) return nothingIndexed;
  const question = readQuestion(search.query);
  const vector = await vectorOf(options, search.query);
  const similarity = vector === undefined ? undefined : similaritiesOf(index, vector);
  const tools = [...index.rows.keys()].filter(
    (at) => search.service === undefined || index.rows[at]?.service === search.service,
  );
  const lexical = index.lexical.match(question);
  const hits = rankTools({ question, lexical, similarity, tools, ranked: index.ranked });
  const allowed = await firstAllowed(options, principal, { index, hits, limit: search.limit });
  const items = allowed.map(({ hit, row }) => ({
    row,
    score: hit.score,
    why: {
      matched: lexical.get(hit.tool)?.matched ?? [],
      action: question.action,
      readAs: question.readAs,
      parts: hit.parts,
    },
  }));
  const whole = similarity !== undefined && !tools.some((at) => Number.isNaN(similarity[at]));
  if (!whole) return { items, state: 'degraded' };
  return { items, state: items.length > 0 ? 'ok' : 'no_match' };
}

/** The question as a vector; undefined where there is no embedder to ask, which the answer tells. */
async function vectorOf({ embedder, telemetry }: FinderOptions, query: string): Promise<Float32Array | undefined> {
  try {
    return (await embedder?.embed([query], 'question'))?.[0];
  } catch (error) {
    telemetry.log.warn('a search of tools goes by words only', { 'error.code': toMeshError(error).code });
    return undefined;
  }
}

interface Hits {
  readonly index: ToolIndex;
  readonly hits: readonly RankedHit[];
  readonly limit: number;
}

/** The best hits that the principal may call, decided as the list of tools is. */
async function firstAllowed(
  { policy }: FinderOptions,
  principal: Principal,
  { index, hits, limit }: Hits,
): Promise<readonly { readonly hit: RankedHit; readonly row: SearchRow }[]> {
  const allowed: { readonly hit: RankedHit; readonly row: SearchRow }[] = [];
  for (let start = 0; start < hits.length && allowed.length < limit; start += decidedAtOnce) {
    const some = hits.slice(start, start + decidedAtOnce).flatMap((hit) => {
      const row = index.rows[hit.tool];
      return row === undefined ? [] : [{ hit, row }];
    });
    allowed.push(...(await policy.filter(principal, some, ({ row }) => ({ resource: resourceOf(row, row.server) }))));
  }
  return allowed.slice(0, limit);
}
