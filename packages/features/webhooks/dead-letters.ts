import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { ring, type InboxOptions } from './inbox.ts';
import { listById, type PageRequest } from './list.ts';
import {
  lockOpenLetters,
  resolveLetters,
  selectDeadLetter,
  selectDeadLetters,
  type DeadLetterRow,
  type LetterFilter,
} from './store-dead-letters.ts';
import { putBack } from './store-processing.ts';

/** What redriving many did. */
interface RedrivenMany {
  readonly redriven: number;
  /** Whether more letters of that kind are open. */
  readonly more: boolean;
}

/** What could not be processed. */
export interface DeadLetters {
  listDeadLetters(principal: Principal, request: PageRequest & LetterFilter): Promise<Page<DeadLetterRow>>;
  /** Throws `not_found`, as the following do. */
  getDeadLetter(principal: Principal, deadLetterId: string): Promise<DeadLetterRow>;
  /** Puts an open letter's event back into the inbox; a letter that is settled stays as it is. */
  redrive(principal: Principal, deadLetterId: string): Promise<DeadLetterRow>;
  /** Redrives the oldest open letters that are meant, each once; at most `limit` of them. */
  redriveMany(principal: Principal, filter: LetterFilter, limit: number): Promise<RedrivenMany>;
  /** Settles an open letter without another try; a letter that is settled stays as it is. */
  discard(principal: Principal, deadLetterId: string, reason: string): Promise<DeadLetterRow>;
}

type DeadLettersOptions = Pick<InboxOptions, 'database' | 'audit' | 'stream' | 'telemetry'>;

/** Builds the dead letters of webhooks. */
export function createDeadLetters(options: DeadLettersOptions): DeadLetters {
  const { database } = options;
  return {
    listDeadLetters: (principal, { cursor, limit, ...filter }) =>
      listById({ cursor, limit }, (after, most) =>
        database.tenant(principal.tenantId, (tx) => selectDeadLetters(tx, { filter, after, limit: most })),
      ),
    getDeadLetter: (principal, deadLetterId) => database.tenant(principal.tenantId, (tx) => read(tx, deadLetterId)),
    redrive: (principal, deadLetterId) => redrive(options, principal, deadLetterId),
    redriveMany: (principal, filter, limit) => redriveMany(options, principal, { filter, limit }),
    discard: (principal, deadLetterId, reason) => discard(options, principal, { deadLetterId, reason }),
  };
}

async function read(tx: Tx, deadLetterId: string): Promise<DeadLetterRow> {
  const row = await selectDeadLetter(tx, deadLetterId);
  if (row === undefined) throw new MeshError('not_found', `There is no dead letter ${deadLetterId}.`);
  return row;
}

async function redrive(
  options: DeadLettersOptions,
  principal: Principal,
  deadLetterId: string,
): Promise<DeadLetterRow> {
  const { tenantId } = principal;
  const { letter, events } = await options.database.tenant(tenantId, async (tx) => {
    const open = await resolveLetters(tx, { ids: [deadLetterId], resolution: 'redriven' });
    const back = open.length === 0 ? [] : await putBackDead(tx, open);
    const row = await read(tx, deadLetterId);
    if (open.length > 0) {
      const detail = { eventId: row.eventId };
      const line = { actor: actorOf(principal), action: 'webhooks.redrive', subject: deadLetterId, detail };
      await options.audit.record(tx, line);
    }
    return { letter: row, events: back };
  });
  await ring(options, tenantId, events);
  return letter;
}

type OpenLetters = readonly { readonly id: string; readonly eventId: string }[];

function putBackDead(tx: Tx, letters: OpenLetters): ReturnType<typeof putBack> {
  return putBack(
    tx,
    letters.map(({ eventId }) => eventId),
  );
}

async function redriveMany(
  options: DeadLettersOptions,
  principal: Principal,
  { filter, limit }: { readonly filter: LetterFilter; readonly limit: number },
): Promise<RedrivenMany> {
  const { tenantId } = principal;
  const { redriven, more, events } = await options.database.tenant(tenantId, async (tx) => {
    const open = await lockOpenLetters(tx, filter, limit + 1);
    const chosen = open.slice(0, limit);
    if (chosen.length === 0) return { redriven: 0, more: false, events: [] };
    await resolveLetters(tx, { ids: chosen.map(({ id }) => id), resolution: 'redriven' });
    const back = await putBackDead(tx, chosen);
    await options.audit.recordMany(
      tx,
      chosen.map(({ id, eventId }) => ({
        actor: actorOf(principal),
        action: 'webhooks.redrive',
        subject: id,
        detail: { eventId },
        traceId: options.telemetry.tracer.traceId(),
      })),
    );
    return { redriven: chosen.length, more: open.length > limit, events: back };
  });
  await ring(options, tenantId, events);
  return { redriven, more };
}

async function discard(
  options: DeadLettersOptions,
  principal: Principal,
  { deadLetterId, reason }: { readonly deadLetterId: string; readonly reason: string },
): Promise<DeadLetterRow> {
  return options.database.tenant(principal.tenantId, async (tx) => {
    const open = await resolveLetters(tx, { ids: [deadLetterId], resolution: 'discarded', note: reason });
    const row = await read(tx, deadLetterId);
    if (open.length > 0) {
      const detail = { eventId: row.eventId, reason };
      const line = { actor: actorOf(principal), action: 'webhooks.discard', subject: deadLetterId, detail };
      await options.audit.record(tx, line);
    }
    return row;
  });
}
