import type { Telemetry } from '@devmesh/foundation';
import type { Database, Stream, Tx } from '@devmesh/infrastructure';
import { ring } from './inbox.ts';
import { resolveLettersOf } from './store-dead-letters.ts';
import { putBack } from './store-processing.ts';
import {
  advanceReplay,
  countReplaying,
  lockReplay,
  selectNextOf,
  selectRunningReplays,
  type ReplayRow,
} from './store-replays.ts';

interface ReplayerOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly telemetry: Telemetry;
}

interface PutBack {
  readonly events: Awaited<ReturnType<typeof putBack>>;
  /** Whether to go on at once. */
  readonly more: boolean;
}

const lookedAtOnce = 1_000;
/** Events of one replay that may wait to be processed: it gives way to what comes in. */
const mostWaiting = 1_000;

/** Advances every replay that runs, in turn, as far as its events are processed; until the signal. */
export async function advanceReplays(options: ReplayerOptions, signal: AbortSignal): Promise<void> {
  let running = await options.database.system('sweep', selectRunningReplays);
  while (running.length > 0 && !signal.aborted) {
    const left: (typeof running)[number][] = [];
    for (const replay of running) {
      if (await advance(options, replay.tenantId, replay.id)) left.push(replay);
    }
    running = left;
  }
}

/** Takes the next step of a replay; whether another can follow at once. */
async function advance(options: ReplayerOptions, tenantId: string, replayId: string): Promise<boolean> {
  const { events, more } = await options.database.tenant(tenantId, (tx) => stepOf(tx, replayId));
  await ring(options, tenantId, events);
  return more;
}

/** Puts the next events back; they and the position of the replay commit together, so a crash repeats none and skips none. */
async function stepOf(tx: Tx, replayId: string): Promise<PutBack> {
  const replay = await lockReplay(tx, replayId);
  if (replay === undefined) return { events: [], more: false };
  const room = mostWaiting - (await countReplaying(tx, replayId, mostWaiting));
  return room > 0 ? putNextBack(tx, replay, room) : { events: [], more: false };
}

async function putNextBack(tx: Tx, replay: ReplayRow, room: number): Promise<PutBack> {
  const looked = await selectNextOf(tx, replay, lookedAtOnce);
  const hits = looked.filter(({ hit }) => hit);
  const chosen = hits.slice(0, room).map(({ id }) => id);
  const events = chosen.length === 0 ? [] : await putBack(tx, chosen, replay.id);
  if (events.length > 0) {
    await resolveLettersOf(
      tx,
      events.map(({ id }) => id),
      'replayed',
    );
  }
  const cut = hits.length > room;
  const finished = !cut && looked.length < lookedAtOnce;
  await advanceReplay(tx, replay.id, {
    position: (cut ? chosen.at(-1) : looked.at(-1)?.id) ?? null,
    replayed: events.length,
    skipped: chosen.length - events.length,
    finished,
  });
  return { events, more: !finished };
}
