import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import type { InboxOptions } from './inbox.ts';
import { listById, type PageRequest } from './list.ts';
import {
  cancelReplay,
  countMatching,
  countReplaying,
  insertReplay,
  selectReplay,
  selectReplays,
  type ReplayFilter,
  type ReplayRow,
} from './store-replays.ts';

/** A replay with what is left to process of it. */
export type ReplayProgress = ReplayRow & { readonly waiting: number };

/** Replays of ranges of events, which workers carry out. */
export interface Replays {
  /** How many events a replay would be about, counted no further than `mostCounted`. */
  countReplay(principal: Principal, filter: ReplayFilter): Promise<number>;
  /** Begins a replay; `commit` runs in the same transaction. Throws `invalid_request` for a range that is empty. */
  startReplay(
    principal: Principal,
    filter: ReplayFilter,
    commit: (tx: Tx, replay: ReplayProgress) => Promise<void>,
  ): Promise<ReplayProgress>;
  listReplays(principal: Principal, page: PageRequest): Promise<Page<ReplayRow>>;
  /** Throws `not_found`, as the following does. */
  getReplay(principal: Principal, replayId: string): Promise<ReplayProgress>;
  /** Stops a replay where it is; what was put back is still processed. One that has ended stays as it is. */
  cancelReplay(principal: Principal, replayId: string): Promise<ReplayProgress>;
}

/** The number beyond which nobody counts on. */
const mostCounted = 100_000;

type ReplaysOptions = Pick<InboxOptions, 'database' | 'audit' | 'newId'>;

/** Builds the replays. */
export function createReplays(options: ReplaysOptions): Replays {
  const { database } = options;
  return {
    countReplay: (principal, filter) =>
      database.tenant(principal.tenantId, (tx) => countMatching(tx, checked(filter), mostCounted)),
    startReplay: (principal, filter, commit) =>
      database.tenant(principal.tenantId, async (tx) => {
        const replay = await start(options, tx, principal, checked(filter));
        await commit(tx, replay);
        return replay;
      }),
    listReplays: (principal, page) =>
      listById(page, (after, limit) => database.tenant(principal.tenantId, (tx) => selectReplays(tx, after, limit))),
    getReplay: (principal, replayId) => database.tenant(principal.tenantId, (tx) => read(tx, replayId)),
    cancelReplay: (principal, replayId) =>
      database.tenant(principal.tenantId, (tx) => cancel(options, tx, principal, replayId)),
  };
}

function checked(filter: ReplayFilter): ReplayFilter {
  if (filter.from < filter.to) return filter;
  throw new MeshError('invalid_request', 'The range is empty: `from` must be before `to`.', {
    issues: [{ path: 'body.from', message: 'must be before `to`' }],
  });
}

async function start(
  { audit, newId }: ReplaysOptions,
  tx: Tx,
  principal: Principal,
  filter: ReplayFilter,
): Promise<ReplayProgress> {
  const actor = actorOf(principal);
  const replay = await insertReplay(tx, { id: newId(), createdBy: actor.name, filter });
  if (replay === undefined) throw new MeshError('internal', 'A replay was not stored.');
  const { from, to, sourceId, event, status } = replay;
  const detail = { from: from.toISOString(), to: to.toISOString(), sourceId, event, status };
  await audit.record(tx, { actor, action: 'webhooks.startReplay', subject: replay.id, detail });
  return { ...replay, waiting: 0 };
}

async function read(tx: Tx, replayId: string): Promise<ReplayProgress> {
  const replay = await selectReplay(tx, replayId);
  if (replay === undefined) throw new MeshError('not_found', `There is no replay ${replayId}.`);
  return { ...replay, waiting: await countReplaying(tx, replayId, mostCounted) };
}

async function cancel(
  { audit }: ReplaysOptions,
  tx: Tx,
  principal: Principal,
  replayId: string,
): Promise<ReplayProgress> {
  const cancelled = await cancelReplay(tx, replayId);
  if (cancelled !== undefined) {
    const detail = { replayed: cancelled.replayed };
    const line = { actor: actorOf(principal), action: 'webhooks.cancelReplay', subject: replayId, detail };
    await audit.record(tx, line);
  }
  return read(tx, replayId);
}
