import type { Database, Stream } from '@devmesh/infrastructure';
import { entryOf, webhookTopic } from './inbox.ts';
import { takeDue } from './store-due.ts';

interface SweepOptions {
  readonly database: Database;
  readonly stream: Stream;
  /** The group of consumers that listens. */
  readonly group: string;
}

/** Rings for each tenant whatever the backlog: the stream gives tenants their turn. */
const shareOfTenant = 50;
const tenantsAtOnce = 200;
/** Entries that may wait in the stream before events beyond the shares are rung for again: they are likely in there. */
const roomInStream = 5_000;
const takenAtOnce = 1_000;

/**
 * Rings for events whose time has come: retries, and those whose ring was lost. Every tenant gets its share; more only as
 * far as the stream has room, so that a queue that is merely long is not rung again and again, while one that was lost
 * with the stream is back at once. Goes on until nothing is due or the signal.
 */
export async function sweep({ database, stream, group }: SweepOptions, signal: AbortSignal): Promise<number> {
  const rungFor = async (perTenant: number, limit: number): Promise<number> => {
    const due = await database.system('sweep', (tx) => takeDue(tx, { perTenant, limit }));
    const entries = due.map(({ tenantId, id, traceparent }) => entryOf(tenantId, id, traceparent));
    if (entries.length > 0) await stream.append(webhookTopic, entries);
    return entries.length;
  };
  let total = await rungFor(shareOfTenant, shareOfTenant * tenantsAtOnce);
  if (total === 0) return 0;
  const { waiting } = await stream.backlog(webhookTopic, group);
  let room = roomInStream - waiting;
  while (room > 0 && !signal.aborted) {
    const rung = await rungFor(takenAtOnce, Math.min(takenAtOnce, room));
    if (rung === 0) return total;
    room -= rung;
    total += rung;
  }
  return total;
}
