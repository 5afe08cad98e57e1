import { MeshError, type Clock } from '@devmesh/foundation';
import { keepText, textOf, type Page, type RequestContext, type Session } from '@devmesh/mcp';
import { LRUCache } from 'lru-cache';
import { isOutage } from '../platform/outage.ts';
import type { PlatformLink } from '../platform/link.ts';
import type { EdgePrincipal } from '../principal.ts';
import { modeOf } from '../sessions/mode.ts';
import type { Currency } from './currency.ts';

type EdgeSession = Session<EdgePrincipal>;

interface KeptListsOptions {
  readonly currency: Pick<Currency, 'mark' | 'listen'>;
  readonly link: Pick<PlatformLink, 'downSince'>;
  readonly clock: Clock;
}

type ListKind = 'tools' | 'resources' | 'templates' | 'prompts';

type List<Result> = (session: EdgeSession, page: Page, context: RequestContext) => Promise<Result>;

/**
 * Lists as a principal was given them last. One that is known to be current is given again, its text made once; where the
 * platform does not answer, the last one is given and says since when it may not hold.
 */
export interface KeptLists {
  /** A list method that remembers. */
  of<Result extends object>(kind: ListKind, load: List<Result>): List<Result>;
}

interface Entry {
  readonly result: object;
  /** When it was read. */
  readonly at: number;
  /** The mark of its reading; undefined where a change since would not have been heard of. */
  readonly mark: string | undefined;
  stale: { readonly since: number; readonly result: object } | undefined;
}

/** The key of `_meta` under which a list says that it may not hold any more. */
const staleKey = 'devmesh/stale';

/** A ring within the platform can be lost, and policies may know the time of day: no list is current for longer. */
const longestCurrent = 60_000;
const longestKept = 24 * 3_600_000;
const longestLoad = 10_000;
const mostCharacters = 128 * 1024 * 1024;

/** Builds it. */
export function createKeptLists({ currency, link, clock }: KeptListsOptions): KeptLists {
  const entries = new LRUCache<string, Entry>({
    maxSize: mostCharacters,
    sizeCalculation: ({ result }, key) => textOf(result).length + key.length,
  });
  const loading = new Map<string, Promise<Entry>>();
  const isCurrent = ({ mark, at }: Entry, now: string | undefined): boolean =>
    mark !== undefined && mark === now && clock.now() - at < longestCurrent;
  const load = async (key: string, mark: string | undefined, work: () => Promise<object>): Promise<Entry> => {
    const at = clock.now();
    const entry: Entry = { result: keepText(await work()), at, mark, stale: undefined };
    entries.set(key, entry);
    return entry;
  };
  const staleOf = (entry: Entry): object => {
    const since = link.downSince ?? entry.stale?.since ?? clock.now();
    if (entry.stale?.since !== since) entry.stale = { since, result: markStale(entry, since) };
    return entry.stale.result;
  };
  return {
    of:
      <Result extends object>(kind: ListKind, list: List<Result>): List<Result> =>
      async (session, page, context) => {
        const { principal } = session;
        const key = keyOf(kind, session, page);
        const entry = entries.get(key);
        // Whoever lists once and leaves is not worth following its feed.
        if (entry !== undefined) currency.listen(principal);
        const mark = currency.mark(principal);
        if (entry !== undefined && isCurrent(entry, mark)) return entry.result as Result;
        // Not with a reading that began before a change.
        const flight = `${mark ?? ''} ${key}`;
        const reading =
          loading.get(flight) ?? load(key, mark, () => inTime((signal) => list(session, page, { ...context, signal })));
        loading.set(flight, reading);
        try {
          return (await reading).result as Result;
        } catch (error) {
          if (entry === undefined || !isOutage(error) || clock.now() - entry.at > longestKept) throw error;
          return staleOf(entry) as Result;
        } finally {
          if (loading.get(flight) === reading) loading.delete(flight);
        }
      },
  };
}

/** What decides about what a list shows. */
function keyOf(kind: ListKind, session: EdgeSession, { cursor }: Page): string {
  const { principal, transport } = session;
  const { identity, set, meta, names } = principal;
  return JSON.stringify([kind, identity.keyId, identity.scopes, set, meta, names, modeOf(session), transport, cursor]);
}

function markStale({ result, at }: Entry, since: number): object {
  const { _meta: meta }: { readonly _meta?: object } = result;
  const stale = { since: new Date(since).toISOString(), readAt: new Date(at).toISOString() };
  return keepText({ ...result, _meta: { ...meta, [staleKey]: stale } });
}

/** Not under the signal of whoever asked first: others wait for the same. */
async function inTime<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const signal = AbortSignal.timeout(longestLoad);
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new MeshError('unavailable', 'The platform did not answer in time.', { cause: error, retryAfterSeconds: 1 });
  }
}
