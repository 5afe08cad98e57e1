import type { Clock, Logger, NewId } from '@devmesh/foundation';
import { textOf, type Kept } from './cache-near.ts';
import type { CacheReports } from './cache-reports.ts';
import { createDetour, type Detour } from './detour.ts';
import type { KeyValue } from './port.ts';

interface FarCacheOptions<Value> {
  readonly name: string;
  readonly keyvalue: KeyValue;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reports: CacheReports;
  readonly decode: (stored: unknown) => Value | undefined;
  /** How long an entry is kept. */
  readonly seconds: (absent: boolean) => number;
  readonly newId: NewId;
}

/** What the second level knows, and how to tell it more. */
interface FarRead<Value> {
  readonly kept: Kept<Value> | undefined;
  /** Whether the tenant is being changed, so that nobody keeps what is loaded now. */
  readonly changing: boolean;
  /** Keeps a value that was loaded after this read. */
  put(kept: Kept<Value>): Promise<void>;
}

/** The second level: key-values that all processes share. Fails nobody: while they are away it knows nothing. */
export interface FarCache<Value> {
  get(tenantId: string, key: string): Promise<FarRead<Value>>;
  /** Nothing of the tenant is known or kept from here to `end`. */
  begin(tenantId: string, changeId: string): Promise<void>;
  /** What was kept before is not known any more; where that cannot be done now, `later` is called when it was done. */
  end(tenantId: string, changeId: string, later: () => Promise<void>): Promise<void>;
  close(): void;
}

interface Envelope {
  readonly tenant: string;
  readonly key: string;
  readonly generation: string;
  /** Missing where there is nothing. */
  readonly value?: unknown;
}

// Longer than any value is kept; when it ends, the values of the tenant are loaded once more.
const generationSeconds = 24 * 3600;
const largest = 512 * 1024;

const changing = 'changing:';
const changeSeconds = 60;

/**
 * A value carries the generation of its tenant, read before it was loaded. A change gives the tenant a new generation, so
 * that a load that saw the past can store what it saw, and nobody will take it.
 */
export function createFarCache<Value>(options: FarCacheOptions<Value>): FarCache<Value> {
  const { name, keyvalue, clock, log, reports } = options;
  const detour = createDetour({
    clock,
    log,
    what: 'caches',
    patienceMilliseconds: 250,
    onDetour: () => {
      reports.away();
    },
  });
  const generationOf = (tenantId: string): string => `${tenantId}:cache:${name}:generation`;
  const renew = async (tenantId: string, changeId: string): Promise<void> => {
    const present = await keyvalue.get(generationOf(tenantId));
    // A later change is still going on; its end gives the new generation.
    if (present?.startsWith(changing) === true && present !== changing + changeId) return;
    await keyvalue.set(generationOf(tenantId), options.newId(), generationSeconds);
  };
  const pending = createPending({ clock, log, detour, renew });
  const nothing: FarRead<Value> = { kept: undefined, changing: false, put: () => Promise.resolve() };
  return {
    get: async (tenantId, key) => {
      if (pending.has(tenantId)) return { ...nothing, changing: true };
      const place = { key: `${tenantId}:cache:${name}:=${key}`, generation: generationOf(tenantId) };
      return detour.run(
        () => look({ options, detour, place, tenantId, key }),
        () => Promise.resolve(nothing),
      );
    },
    begin: async (tenantId, changeId) => {
      const mark = (): Promise<void> => keyvalue.set(generationOf(tenantId), changing + changeId, changeSeconds);
      await detour.run(mark, () => Promise.resolve());
    },
    end: pending.end,
    close: pending.close,
  };
}

interface Look<Value> {
  readonly options: FarCacheOptions<Value>;
  readonly detour: Detour;
  readonly place: { readonly key: string; readonly generation: string };
  readonly tenantId: string;
  readonly key: string;
}

async function look<Value>({ options, detour, place, tenantId, key }: Look<Value>): Promise<FarRead<Value>> {
  const { keyvalue, reports } = options;
  const [generation, text] = await Promise.all([currentGeneration(options, place.generation), keyvalue.get(place.key)]);
  const isChanging = generation.startsWith(changing);
  const kept = text === undefined ? undefined : open(options, text, { tenant: tenantId, key, generation });
  if (text === undefined) reports.read('far', 'miss');
  const put = async ({ value, bytes }: Kept<Value>): Promise<void> => {
    if (bytes > largest) return;
    const envelope: Envelope = { tenant: tenantId, key, generation, value };
    const store = (): Promise<void> => keyvalue.set(place.key, textOf(envelope), options.seconds(value === undefined));
    await detour.run(store, () => Promise.resolve());
  };
  return { kept, changing: isChanging, put };
}

async function currentGeneration(
  { keyvalue, newId }: Pick<FarCacheOptions<unknown>, 'keyvalue' | 'newId'>,
  key: string,
): Promise<string> {
  const present = await keyvalue.get(key);
  if (present !== undefined) return present;
  const first = newId();
  if (await keyvalue.setIfAbsent(key, first, generationSeconds)) return first;
  return (await keyvalue.get(key)) ?? first;
}

/** The value of an envelope that is what was asked for. */
function open<Value>(
  { decode, reports, log }: FarCacheOptions<Value>,
  text: string,
  asked: Omit<Envelope, 'value'>,
): Kept<Value> | undefined {
  const envelope = parse(text);
  if (envelope === undefined) {
    reports.read('far', 'refused');
    return undefined;
  }
  if (envelope.tenant !== asked.tenant || envelope.key !== asked.key) {
    reports.read('far', 'foreign');
    log.error('a cache holds the value of another place', new Error('The value was not used.'), {
      tenant: asked.tenant,
    });
    return undefined;
  }
  if (envelope.generation !== asked.generation) {
    reports.read('far', 'stale');
    return undefined;
  }
  if (envelope.value === undefined) {
    reports.read('far', 'absent');
    return { value: undefined, bytes: 0 };
  }
  const value = decode(envelope.value);
  reports.read('far', value === undefined ? 'refused' : 'hit');
  return value === undefined ? undefined : { value, bytes: Buffer.byteLength(text) };
}

function parse(text: string): Envelope | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Envelope) : undefined;
  } catch {
    return undefined;
  }
}

interface PendingOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly detour: Detour;
  readonly renew: (tenantId: string, changeId: string) => Promise<void>;
}

interface PendingEnd {
  readonly changeId: string;
  readonly later: () => Promise<void>;
}

/** Changes whose new generation could not be given yet: this process takes nothing of theirs, and tries until it is done. */
function createPending({ clock, log, detour, renew }: PendingOptions) {
  const waiting = new Map<string, PendingEnd>();
  const closed = new AbortController();
  let trying: Promise<void> | undefined;
  const settle = async (tenantId: string, end: PendingEnd): Promise<boolean> => {
    const done = await detour.run(
      async () => {
        await renew(tenantId, end.changeId);
        return true;
      },
      () => Promise.resolve(false),
    );
    if (done && waiting.get(tenantId) === end) waiting.delete(tenantId);
    return done;
  };
  const tryAgain = async (): Promise<void> => {
    while (waiting.size > 0 && !closed.signal.aborted) {
      await clock.sleep(500, closed.signal);
      for (const [tenantId, end] of waiting) {
        if (closed.signal.aborted || !(await settle(tenantId, end))) break;
        await end.later();
      }
    }
  };
  return {
    has: (tenantId: string): boolean => waiting.has(tenantId),
    end: async (tenantId: string, changeId: string, later: () => Promise<void>): Promise<void> => {
      const end = { changeId, later };
      waiting.set(tenantId, end);
      if (await settle(tenantId, end)) return;
      trying ??= tryAgain()
        .catch((error: unknown) => {
          log.error('a cache could not forget', error);
        })
        .finally(() => {
          trying = undefined;
        });
    },
    close: (): void => {
      closed.abort();
    },
  };
}
