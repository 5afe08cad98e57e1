import { systemClock, toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import { errorCodeOf, type Database, type Journal, type Note, type Tx } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { Audit } from '../audit/index.ts';
import type { CallRecord } from './record-calls.ts';

interface EarlyOptions {
  readonly database: Database;
  readonly audit: Pick<Audit, 'recorded'>;
  readonly journal?: Journal | undefined;
  readonly telemetry: Telemetry;
  readonly clock?: Clock | undefined;
}

interface Writing {
  /** Resolves once the record is committed. */
  submit(tenantId: string, record: CallRecord): Promise<unknown>;
  /** The same for one that nobody waits for: it waits for company. */
  submitLater(tenantId: string, record: CallRecord): Promise<unknown>;
  write(tx: Tx, tenantId: string, records: readonly CallRecord[]): Promise<unknown>;
}

/** Records that may be answered for before they are committed, where a journal brings them through the end of the process. */
export interface EarlyRecords {
  /** Resolves once the record is committed or in the journal, whichever comes first. */
  record(tenantId: string, record: CallRecord): Promise<void>;
  /** What a commit has shown of an organization: the arguments that it keeps are never in the journal, so its calls wait. */
  learn(tenantId: string, shown: { readonly keepsBodies: boolean }): void;
  /** Waits for what is being committed. */
  close(): Promise<void>;
}

/** How long what was learnt of an organization holds. */
const rememberMilliseconds = 5_000;
/** Beyond this many open notes calls wait for their commits, as without a journal. */
const mostOpen = 1_000;
const pauseMilliseconds = 1_000;
const recoveredTogether = 100;

/** Failures of the database itself, after which trying again may help. */
const outages: ReadonlySet<string> = new Set(['unavailable', 'disk_full', 'invalid_config']);

/** Whether the database failed, not what was written. */
export function isOutage(error: unknown): boolean {
  return outages.has(toMeshError(error).code);
}

/** Builds it, and begins with what earlier processes left. */
export function createEarlyRecords(options: EarlyOptions, writing: Writing): EarlyRecords {
  const { journal, clock = systemClock } = options;
  const withoutBodies = new LRUCache<string, true>({ max: 10_000, ttl: rememberMilliseconds });
  const closing = new AbortController();
  const going = new Set<Promise<void>>();
  const go = (work: Promise<void>): void => {
    const ended = work.finally(() => going.delete(ended));
    going.add(ended);
  };
  const untilNoOutage = async (work: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (!isOutage(error) || closing.signal.aborted) throw error;
        await clock.sleep(pauseMilliseconds, closing.signal);
      }
    }
  };
  const parts = { ...options, writing, untilNoOutage };
  if (journal !== undefined) go(recover(parts, journal.left));
  return {
    record: async (tenantId, record) => {
      if (journal === undefined || journal.open >= mostOpen || !withoutBodies.has(tenantId)) {
        await writing.submit(tenantId, record);
        return;
      }
      const committing = writing.submitLater(tenantId, record);
      const keeping = journal.keep(tenantId, JSON.stringify({ audit: record.audit, event: record.event }));
      go(finish(parts, { tenantId, record }, committing, keeping));
      await eitherOf(keeping, committing);
    },
    learn: (tenantId, { keepsBodies }) => {
      if (keepsBodies) withoutBodies.delete(tenantId);
      else withoutBodies.set(tenantId, true);
    },
    close: async () => {
      closing.abort();
      await Promise.all(going);
    },
  };
}

/** Resolves as soon as one of them does; rejects with what the second rejects with where both do. */
function eitherOf(first: Promise<unknown>, second: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settled = (): void => resolve();
    second.then(settled, (error: Error) => first.then(undefined, () => reject(error)));
    first.then(settled, () => undefined);
  });
}

interface Parts extends EarlyOptions {
  readonly writing: Writing;
  /** Tries again for as long as the database is away. */
  readonly untilNoOutage: (work: () => Promise<unknown>) => Promise<void>;
}

interface Recorded {
  readonly tenantId: string;
  readonly record: CallRecord;
}

/** Settles the note of a record once it is committed. Never rejects. */
async function finish(
  parts: Parts,
  { tenantId, record }: Recorded,
  committing: Promise<unknown>,
  keeping: Promise<Note>,
): Promise<void> {
  const note = await keeping.catch(() => undefined);
  try {
    await committing;
    note?.settle();
  } catch (error) {
    // Without a note the caller heard of it.
    if (note === undefined) return;
    const again = () => parts.writing.submitLater(tenantId, record);
    await settle(parts, [note], () => (isOutage(error) ? parts.untilNoOutage(again) : Promise.reject(error)));
  }
}

/** Writes what earlier processes did not, each record once. Never rejects. */
async function recover(parts: Parts, left: readonly Note[]): Promise<void> {
  const byTenant = new Map<string, Note[]>();
  for (const note of left) byTenant.set(note.group, [...(byTenant.get(note.group) ?? []), note]);
  for (const [tenantId, notes] of byTenant) {
    for (let start = 0; start < notes.length; start += recoveredTogether) {
      const some = notes.slice(start, start + recoveredTogether);
      await settle(parts, some, () => parts.untilNoOutage(() => writeMissing(parts, tenantId, some)));
    }
  }
}

async function writeMissing(
  { database, audit, writing }: Parts,
  tenantId: string,
  notes: readonly Note[],
): Promise<void> {
  const records = notes.map(({ text }) => ({ body: undefined, ...(JSON.parse(text) as Omit<CallRecord, 'body'>) }));
  await database.tenant(tenantId, async (tx) => {
    const known = await audit.recorded(
      tx,
      records.map((record) => record.audit.id),
    );
    const missing = records.filter((record) => !known.has(record.audit.id));
    if (missing.length > 0) await writing.write(tx, tenantId, missing);
  });
}

/** Settles notes when the work is done; else leaves them for a later process, and says so. */
async function settle({ telemetry }: Parts, notes: readonly Note[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
    for (const note of notes) note.settle();
  } catch (error) {
    // Their organization is gone, and its trail with it.
    const gone = errorCodeOf(error) === '23503';
    for (const note of notes) {
      if (gone) note.settle();
      else note.leave();
    }
    if (!gone) telemetry.log.error('calls that were answered are not on record yet; the next start tries again', error);
  }
}
