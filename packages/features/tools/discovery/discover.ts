import { MeshError } from '@devmesh/foundation';
import type { GuardedResponse } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Credential } from '../credentials/credential.ts';
import { originOf } from '../credentials/origin.ts';
import type { ToolsOptions } from '../options.ts';
import type { DocumentReader } from '../reading/document-reader.ts';
import { defaultBudget, spend, type Budget } from './budget.ts';
import { fingerprintOf } from './fingerprint.ts';
import { basesOf, commonPaths, mcpPaths, wellKnownPaths } from './known-places.ts';
import { nameOrigin } from './named-origin.ts';
import { createSearch, type Candidate, type Place, type Search, type Tried } from './search.ts';
import { rememberHints, selectHints } from './store-hints.ts';

/** Where to look. */
interface DiscoverRequest {
  readonly url: string;
  /** Paths or addresses to try first. */
  readonly hints: readonly string[];
  /** Sent to the origin of `url` and to no other. */
  readonly credential?: Credential | undefined;
}

/** What was found, and what was tried in vain. */
interface Discovered {
  readonly candidates: readonly Candidate[];
  readonly tried: readonly Tried[];
  /** Whether all that is known to be worth a try was tried. */
  readonly complete: boolean;
}

interface DiscoverOptions extends Pick<ToolsOptions, 'fetch' | 'database' | 'audit'> {
  readonly reader: DocumentReader;
  readonly budget?: Partial<Budget>;
}

/** Looks for descriptions of APIs below an address. Throws why the address itself cannot be asked. */
export type Discover = (principal: Principal, request: DiscoverRequest, signal?: AbortSignal) => Promise<Discovered>;

/** Builds it. */
export function createDiscover(options: DiscoverOptions): Discover {
  return (principal, request, signal) => discover(options, { principal, request, signal });
}

interface Discovering {
  readonly principal: Principal;
  readonly request: DiscoverRequest;
  readonly signal: AbortSignal | undefined;
}

async function discover(options: DiscoverOptions, { principal, request, signal }: Discovering): Promise<Discovered> {
  const { tenantId } = principal;
  const url = withoutHash(request.url);
  const budget = { ...defaultBudget, ...options.budget };
  const allowance = spend(budget, signal);
  const origin = nameOrigin(url, request.credential);
  const search = createSearch({ ...options, tenantId, origin, named: url, budget, allowance });
  const product = await look(options, search, { tenantId, url, hints: request.hints });
  signal?.throwIfAborted();
  if (search.candidates.length === 0 && product.answered === 0) throw unreachable(search, url);
  await remember(options, principal, { url, product: product.fingerprint, search });
  return { candidates: search.candidates, tried: search.tried, complete: !allowance.exhausted };
}

function withoutHash(text: string): string {
  const url = new URL(text);
  url.hash = '';
  return url.href;
}

function unreachable(search: Search, url: string): MeshError {
  return search.failureAt(url) ?? new MeshError('upstream_unreachable', `${originOf(url)} did not answer.`);
}

interface Looking {
  readonly tenantId: string;
  readonly url: string;
  readonly hints: readonly string[];
}

interface Product {
  readonly fingerprint: string | undefined;
  /** Addresses that answered at all. */
  readonly answered: number;
}

/** One wave after another, until one has found something. */
async function look(options: DiscoverOptions, search: Search, looking: Looking): Promise<Product> {
  const { url } = looking;
  const [named] = await search.visit([{ url, found: 'the address itself' }]);
  if (named !== undefined && mayBeMcp(url, named)) await search.askMcp([{ url, found: 'the address itself' }]);
  const root = `${originOf(url)}/`;
  const firsts = [named];
  if (search.candidates.length === 0 && url !== root) {
    firsts.push(...(await search.visit([{ url: root, found: 'the root of the origin' }])));
  }
  const answers = firsts.filter((answer) => answer !== undefined);
  const fingerprint = answers.map(shownBy).find((shown) => shown !== undefined);
  const product = { fingerprint, answered: answers.length };
  if (answers.length === 0) return product;
  const remembered =
    fingerprint === undefined
      ? []
      : await options.database.tenant(looking.tenantId, (tx) => selectHints(tx, fingerprint));
  for (const wave of wavesOf(looking, remembered)) {
    if (search.candidates.length > 0) return product;
    await search.visit(wave.places);
    await search.askMcp(wave.mcp);
  }
  return product;
}

function shownBy(answer: GuardedResponse): string | undefined {
  return fingerprintOf({ headers: answer.headers, text: answer.text().slice(0, 100_000) });
}

/** Whether an answer is what MCP servers give to those who do not speak with them. */
function mayBeMcp(url: string, { status, headers }: GuardedResponse): boolean {
  if (/\/(?:mcp|sse)\/?$/iu.test(new URL(url).pathname)) return true;
  return [400, 401, 405, 406].includes(status) || (headers.get('content-type') ?? '').startsWith('text/event-stream');
}

interface Wave {
  readonly places: readonly Place[];
  readonly mcp: readonly Place[];
}

function wavesOf({ url, hints }: Looking, remembered: readonly string[]): readonly Wave[] {
  const bases = basesOf(url);
  const below = (paths: readonly string[], found: string): readonly Place[] =>
    bases.flatMap((base) => paths.map((path) => ({ url: `${base}${path}`, found })));
  const origin = originOf(url);
  return [
    { places: hints.flatMap((hint) => hinted(hint, bases)), mcp: [] },
    {
      places: remembered.map((path) => ({
        url: `${origin}${path}`,
        found: 'where it was found at the same product before',
      })),
      mcp: [],
    },
    { places: below(wellKnownPaths, 'a well-known path'), mcp: below(mcpPaths, 'a common path') },
    { places: below(commonPaths, 'a common path'), mcp: [] },
  ];
}

function hinted(hint: string, bases: readonly string[]): readonly Place[] {
  const found = 'a hint of the caller';
  if (/^https?:\/\//iu.test(hint)) return URL.canParse(hint) ? [{ url: withoutHash(hint), found }] : [];
  const path = hint.startsWith('/') ? hint : `/${hint}`;
  return bases.flatMap((base) =>
    URL.canParse(`${base}${path}`) ? [{ url: withoutHash(`${base}${path}`), found }] : [],
  );
}

interface Remembering {
  readonly url: string;
  readonly product: string | undefined;
  readonly search: Search;
}

async function remember(
  options: DiscoverOptions,
  principal: Principal,
  { url, product, search }: Remembering,
): Promise<void> {
  const origin = originOf(url);
  const paths = search.candidates
    .filter((candidate) => candidate.format !== 'mcp' && originOf(candidate.url) === origin)
    .map((candidate) => pathOf(candidate.url))
    .filter((path) => path.length <= 500);
  await options.database.tenant(principal.tenantId, async (tx) => {
    if (product !== undefined && paths.length > 0) await rememberHints(tx, product, paths);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'tools.discover',
      subject: origin,
      detail: { candidates: search.candidates.length, tried: search.tried.length },
    });
  });
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
