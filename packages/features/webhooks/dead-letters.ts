import { MeshError } from '@devmesh/foundation';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { ring, type InboxOptions } from './inbox.ts';
import { listById, type PageRequest } from './list.ts';
import { redriveOnce, selectDeadLetter, selectDeadLetters, type DeadLetterRow } from './store-dead-letters.ts';

/** What could not be processed. */
export interface DeadLetters {
  listDeadLetters(principal: Principal, page: PageRequest): Promise<Page<DeadLetterRow>>;
  /** Puts a dead letter's event back into the inbox, the first time; then it only tells how it stands. */
  redrive(principal: Principal, deadLetterId: string): Promise<DeadLetterRow>;
}

/** Builds the dead letters of webhooks. */
export function createDeadLetters(options: InboxOptions): DeadLetters {
  const { database } = options;
  return {
    listDeadLetters: (principal, page) =>
      listById(page, (after, limit) =>
        database.tenant(principal.tenantId, (tx) => selectDeadLetters(tx, after, limit)),
      ),
    redrive: (principal, deadLetterId) => redrive(options, principal, deadLetterId),
  };
}

async function redrive(options: InboxOptions, principal: Principal, deadLetterId: string): Promise<DeadLetterRow> {
  const { tenantId } = principal;
  const { letter, redriven } = await options.database.tenant(tenantId, async (tx) => {
    const again = await redriveOnce(tx, deadLetterId);
    const row = await selectDeadLetter(tx, deadLetterId);
    if (row === undefined) throw new MeshError('not_found', `There is no dead letter ${deadLetterId}.`);
    if (again !== undefined) {
      await options.audit.record(tx, { actor: actorOf(principal), action: 'webhooks.redrive', subject: deadLetterId });
    }
    return { letter: row, redriven: again };
  });
  if (redriven !== undefined) await ring(options, tenantId, redriven.eventId);
  return letter;
}
