import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch, GuardedResponse } from '@devmesh/infrastructure';
import { originOf } from '../credentials/origin.ts';
import type { DocumentReader } from '../reading/document-reader.ts';
import { documentHeaders } from '../reading/load-documents.ts';
import type { Allowance, Budget } from './budget.ts';
import { formatOf, type SeenFormat } from './format.ts';
import { linksIn, linksInHeader, linksInLinkset, linksInSwaggerConfig, type Link } from './links.ts';
import { initializeRequest, mcpServerOf, type FoundMcp } from './mcp-probe.ts';
import type { NamedOrigin } from './named-origin.ts';
import { probe } from './probe.ts';

/** A description that can be imported, or an MCP server. */
export interface Candidate {
  readonly url: string;
  readonly format: 'openapi' | 'swagger' | 'postman' | 'description' | 'mcp';
  readonly title: string;
  readonly version?: string | undefined;
  readonly operations?: number | undefined;
  readonly found: string;
  readonly note?: string | undefined;
}

/** An address that was asked and held no description, and why. */
export interface Tried {
  readonly url: string;
  readonly found: string;
  readonly outcome: string;
}

/** An address to be asked. */
export interface Place {
  readonly url: string;
  readonly found: string;
}

interface SearchOptions {
  readonly fetch: GuardedFetch;
  readonly reader: DocumentReader;
  readonly tenantId: string;
  /** The only one that a credential is sent to. */
  readonly origin: NamedOrigin;
  /** The address that the caller named. */
  readonly named: string;
  readonly budget: Budget;
  readonly allowance: Allowance;
}

/** A search under way. */
export interface Search {
  readonly candidates: readonly Candidate[];
  readonly tried: readonly Tried[];
  /** Why an address could not be asked. */
  failureAt(url: string): MeshError | undefined;
  /** Asks addresses, and those that their answers lead to; the answers of the given ones where there were any. */
  visit(places: readonly Place[]): Promise<readonly (GuardedResponse | undefined)[]>;
  /** Asks addresses whether they are MCP servers. */
  askMcp(places: readonly Place[]): Promise<void>;
}

interface State extends SearchOptions {
  readonly candidates: Candidate[];
  readonly tried: Tried[];
  readonly visited: Set<string>;
  readonly documents: Map<string, string>;
  readonly failures: Map<string, MeshError>;
  strangers: number;
}

const deepest = 3;
/** Other origins that pages may lead to. */
const mostStrangers = 10;

/** Begins a search. */
export function createSearch(options: SearchOptions): Search {
  const state: State = {
    ...options,
    candidates: [],
    tried: [],
    visited: new Set(),
    documents: new Map(),
    failures: new Map(),
    strangers: 0,
  };
  return {
    candidates: state.candidates,
    tried: state.tried,
    failureAt: (url) => state.failures.get(url),
    visit: (places) => visitAll(state, places, 0),
    askMcp: async (places) => {
      await inTurns(state, places, (place) => askMcp(state, place));
    },
  };
}

async function inTurns<Item, Result>(
  { budget }: State,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(budget.atOnce, items.length) }, run));
  return results;
}

async function visitAll(
  state: State,
  places: readonly Place[],
  depth: number,
): Promise<readonly (GuardedResponse | undefined)[]> {
  const found: Link[] = [];
  const answers = await inTurns(state, places, async (place) => {
    const answer = await ask(state, place);
    if (answer !== undefined) found.push(...(await judge(state, place, answer)));
    return answer;
  });
  const followed = depth < deepest ? found.filter((link) => mayFollow(state, link)) : [];
  if (followed.length > 0) await visitAll(state, followed, depth + 1);
  return answers;
}

/** Other origins are asked only where something says that a description lies there. */
function mayFollow(state: State, { url, strong }: Link): boolean {
  if (state.visited.has(url)) return false;
  if (originOf(url) === originOf(state.named)) return true;
  if (!strong || state.strangers >= mostStrangers) return false;
  state.strangers += 1;
  return true;
}

/** The answer of an address that was not asked before; undefined where there is none, with the reason among what was tried. */
async function ask(state: State, { url, found }: Place): Promise<GuardedResponse | undefined> {
  if (state.visited.has(url)) return undefined;
  state.visited.add(url);
  if (!state.allowance.takeProbe()) return undefined;
  try {
    const response = await send(state, url);
    state.allowance.addBytes(response.body.byteLength);
    return response;
  } catch (error) {
    state.tried.push({ url, found, outcome: failureOf(state, error) });
    if (error instanceof MeshError) state.failures.set(url, error);
    return undefined;
  }
}

function send(
  state: State,
  url: string,
  request: Pick<Parameters<typeof probe>[2], 'method' | 'headers' | 'body'> = {},
): Promise<GuardedResponse> {
  const { budget, allowance } = state;
  return probe(state, url, {
    headers: { accept: `${documentHeaders.accept}, text/html;q=0.4` },
    ...request,
    maximumBytes: budget.bytesPerAnswer,
    timeoutMilliseconds: budget.millisecondsPerProbe,
    signal: allowance.signal,
  });
}

function failureOf({ allowance, budget }: State, error: unknown): string {
  if (allowance.signal.aborted) return 'The time of the search was over.';
  if (!(error instanceof MeshError)) throw error;
  if (error.code === 'too_large') allowance.addBytes(budget.bytesPerAnswer);
  return error.message;
}

/** Takes what an answer holds, and tells where it leads. */
async function judge(state: State, place: Place, answer: GuardedResponse): Promise<readonly Link[]> {
  const { status, headers } = answer;
  const tell = (outcome: string): void => {
    state.tried.push({ ...place, outcome });
  };
  const inHeader = linksInHeader(headers.get('link'), answer.url);
  if (status >= 400) {
    const hint = status === 401 || status === 403 ? ', it wants a credential' : '';
    tell(`It answered ${String(status)}${hint}.`);
    return inHeader;
  }
  const text = answer.text();
  const { format, what } = formatOf(text);
  if (isDescription(format)) {
    await take(state, place, { answer, format });
    return inHeader;
  }
  const links = [...inHeader, ...linksOf(format, text, answer.url)];
  if (what !== undefined) tell(`It is ${what}.`);
  else if (links.length > 0) tell(`It holds no description and leads to ${String(links.length)} other place(s).`);
  else tell(format === 'html' ? 'It is a page that leads to no description.' : 'It holds no description.');
  return links;
}

type Description = 'openapi' | 'swagger' | 'postman' | 'description';

function isDescription(format: SeenFormat): format is Description {
  return format === 'openapi' || format === 'swagger' || format === 'postman' || format === 'description';
}

function linksOf(format: SeenFormat, text: string, base: string): readonly Link[] {
  if (format === 'linkset') return linksInLinkset(text, base);
  if (format === 'swagger-config') return linksInSwaggerConfig(text, base);
  return format === 'html' || format === 'script' ? linksIn(text, base) : [];
}

/** Reads a description, as an import would; one that cannot be read was only tried. */
async function take(
  state: State,
  place: Place,
  { answer, format }: { readonly answer: GuardedResponse; readonly format: Description },
): Promise<void> {
  try {
    const request = { service: 'api', text: answer.body, documentUrl: answer.url, baseUrl: undefined };
    const { head, tools } = await state.reader.read(request, state.allowance.signal);
    const same = state.documents.get(head.sha256);
    if (same !== undefined) {
      state.tried.push({ ...place, outcome: `It is the same document as ${same}.` });
      return;
    }
    state.documents.set(head.sha256, place.url);
    const { title, version } = head;
    state.candidates.push({ ...place, format, title, version, operations: tools.length });
  } catch (error) {
    state.tried.push({ ...place, outcome: failureOf(state, error) });
  }
}

async function askMcp(state: State, place: Place): Promise<void> {
  const key = `POST ${place.url}`;
  if (state.visited.has(key) || !state.allowance.takeProbe()) return;
  state.visited.add(key);
  try {
    const response = await send(state, place.url, initializeRequest);
    state.allowance.addBytes(response.body.byteLength);
    const server = mcpServerOf(response);
    if (server === undefined) {
      state.tried.push({ ...place, outcome: `It is no MCP server; it answered ${String(response.status)}.` });
      return;
    }
    await leave(state, place.url, server);
    const { title, version, note } = server;
    state.candidates.push({ ...place, format: 'mcp', title, version, note });
  } catch (error) {
    state.tried.push({ ...place, outcome: failureOf(state, error) });
  }
}

/** Ends the session that the question opened. */
async function leave(state: State, url: string, { sessionId }: FoundMcp): Promise<void> {
  if (sessionId === undefined) return;
  const ended = send(state, url, { method: 'DELETE', headers: { 'mcp-session-id': sessionId } });
  // A server that does not let sessions be ended ends them by itself.
  await ended.catch((error: unknown) => failureOf(state, error));
}
