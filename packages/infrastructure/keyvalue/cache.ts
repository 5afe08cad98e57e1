import { MeshError, newId, systemClock, type Clock, type Logger, type Telemetry } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';
import { createClosures } from './cache-closures.ts';
import { createCacheReports } from './cache-reports.ts';
import { createFarCache, type FarCache } from './cache-far.ts';
import { createFlights } from './cache-flights.ts';
import { createNearCache, sizeOf, type NearCache } from './cache-near.ts';
import type { KeyValue } from './port.ts';

interface CacheOptions<Value> {
  /** Lower-case letters, digits and underscores; stands in keys, metrics and the bell's channel. */
  readonly name: string;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
  /** The value of what was stored as JSON; undefined refuses it, as a value of an earlier version of the program. */
  readonly decode: (stored: unknown) => Value | undefined;
  /** The longest that a value is kept. A change that went by unheard shows after this long at the latest. */
  readonly ttlSeconds: number;
  /** The longest that it is remembered that there is nothing. Default: a tenth of `ttlSeconds`. */
  readonly absentSeconds?: number;
  /** The longest that this process answers by itself: a lost ring is made up for after it. Default: 5. */
  readonly nearSeconds?: number;
  /** Bounds of the memory of this process. Default: 1,000 values and 16 MiB of their JSON. */
  readonly maximumEntries?: number;
  readonly maximumBytes?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Values that are dear to get, kept in this process and, where key-values are shared, in those as well. For what may be
 * shown to anybody of the tenant: a value that holds a Secret is refused.
 */
export interface Cache<Value> {
  /**
   * The value of a tenant, from `load` where no level has it; undefined says that there is nothing, and is remembered
   * too. Many that read the same at once share one load; its failure reaches all of them and is never remembered. Away
   * key-values fail no read. The value is shared by its readers: nobody may change it.
   */
  read(tenantId: string, key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined>;
  /** What `read` would give at once, without waiting; undefined where it would have to ask somebody. */
  known(tenantId: string, key: string): { readonly value: Value | undefined } | undefined;
  /**
   * Does work that changes what is kept of a tenant. Nothing of the tenant is kept while it goes on, and nothing from
   * before it is known afterwards, in any process that hears the bell; so whoever is told of the change reads it.
   */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const longestKey = 512;

/**
 * A cache of two levels. Processes do not wait for each other's loads: on expiry each loads once at most, and their times
 * are spread, which costs less than locks that every miss would take and a failed holder would keep.
 */
export function createCache<Value>(options: CacheOptions<Value>): Cache<Value> {
  const { name, keyvalue, clock = systemClock, random = Math.random } = options;
  const reports = createCacheReports(name, options.telemetry);
  const times = { ttl: options.ttlSeconds, absent: options.absentSeconds ?? options.ttlSeconds / 10 };
  // Shorter by up to a fifth, so that what was stored together does not end together.
  const spread = (seconds: number): number => seconds * (1 - random() / 5);
  const near = createNearCache<Value>({
    clock,
    reports,
    seconds: (absent) => spread(Math.min(options.nearSeconds ?? 5, absent ? times.absent : times.ttl)),
    maximumEntries: options.maximumEntries ?? 1_000,
    maximumBytes: options.maximumBytes ?? 16 * 1024 * 1024,
  });
  const seconds = (absent: boolean): number => spread(absent ? times.absent : times.ttl);
  const log = options.telemetry.log.with({ cache: name });
  const far: FarCache<Value> | undefined = keyvalue.shared
    ? createFarCache({ name, keyvalue, clock, reports, log, seconds, decode: options.decode, newId })
    : undefined;
  const flights = createFlights<Value>();
  const closures = createClosures(clock);
  const turn = (step: 'begin' | 'end', tenantId: string, changeId: string): void => {
    closures[step](tenantId, changeId);
    near.drop(tenantId);
    flights.disown(tenantId);
  };
  const rings = ringsOf(options, log, turn);
  const known = (tenantId: string, key: string): { readonly value: Value | undefined } | undefined =>
    closures.has(tenantId) ? undefined : near.get(tenantId, key);
  return {
    known,
    read: async (tenantId, key, load) => {
      checkKey(tenantId, key);
      const kept = known(tenantId, key);
      if (kept !== undefined) return kept.value;
      if (closures.has(tenantId)) return reports.load(load);
      return flights.share(tenantId, key, (owned) => fill({ near, far, reports, tenantId, key, load, owned }));
    },
    change: async (tenantId, work) => {
      const changeId = newId();
      turn('begin', tenantId, changeId);
      await far?.begin(tenantId, changeId);
      await rings.ring('begin', tenantId, changeId);
      try {
        return await work();
      } finally {
        await far?.end(tenantId, changeId, () => rings.ring('end', tenantId, changeId));
        turn('end', tenantId, changeId);
        await rings.ring('end', tenantId, changeId);
      }
    },
    close: async () => {
      far?.close();
      await rings.close();
      near.clear();
    },
  };
}

type Turn = (step: 'begin' | 'end', tenantId: string, changeId: string) => void;

/** Tells the other processes of changes, and hears of theirs. */
function ringsOf({ name, bell }: Pick<CacheOptions<unknown>, 'name' | 'bell'>, log: Logger, turn: Turn) {
  const channel = `cache_${name}`;
  const listening = bell
    .listen(channel, (payload) => {
      const [step, tenantId, changeId] = payload.split(' ');
      if ((step === 'begin' || step === 'end') && tenantId !== undefined && changeId !== undefined) {
        turn(step, tenantId, changeId);
      }
    })
    .catch((error: unknown) => {
      log.error('a cache does not hear of changes; it keeps values for a few seconds only', error);
      return () => Promise.resolve();
    });
  return {
    ring: (...words: Parameters<Turn>): Promise<void> => bell.ring(channel, words.join(' ')),
    close: async (): Promise<void> => {
      await (
        await listening
      )();
    },
  };
}

interface Fill<Value> {
  readonly near: NearCache<Value>;
  readonly far: FarCache<Value> | undefined;
  readonly reports: ReturnType<typeof createCacheReports>;
  readonly tenantId: string;
  readonly key: string;
  readonly load: () => Promise<Value | undefined>;
  /** Whether nothing was forgotten since this read began. */
  readonly owned: () => boolean;
}

async function fill<Value>({
  near,
  far,
  reports,
  tenantId,
  key,
  load,
  owned,
}: Fill<Value>): Promise<Value | undefined> {
  const found = await far?.get(tenantId, key);
  if (found?.kept !== undefined) {
    if (owned()) near.put(tenantId, key, found.kept);
    return found.kept.value;
  }
  const value = await reports.load(load);
  const kept = { value, bytes: sizeOf(value) };
  if (owned() && found?.changing !== true) {
    near.put(tenantId, key, kept);
    await found?.put(kept);
  }
  return value;
}

function checkKey(tenantId: string, key: string): void {
  if (/[: ]/u.test(tenantId) || Buffer.byteLength(key) > longestKey) {
    throw new MeshError(
      'invalid_request',
      'A tenant id in a cache has neither colon nor space, and a key at most 512 bytes.',
    );
  }
}
