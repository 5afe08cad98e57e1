import { randomBytes } from 'node:crypto';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { receive, ring, secretPlace, type InboxOptions } from './inbox.ts';
import type { KindName } from './kinds/index.ts';
import type { Arrival } from './kinds/kind.ts';
import type { Rule } from './rules.ts';
import {
  insertSource,
  redriveOnce,
  selectDeadLetter,
  selectDeadLetters,
  selectEvents,
  selectEventWithPayload,
  selectSources,
  type DeadLetterRow,
  type EventRow,
  type EventStatus,
  type PayloadRow,
  type SourceRow,
} from './store.ts';

interface SourceRequest {
  readonly name: string;
  readonly kind: KindName;
  /** Absent: one is made. */
  readonly secret?: string | undefined;
  readonly rules: readonly Rule[];
}

/** A new source with its secret, which exists in clear only here. */
export interface CreatedSource {
  readonly source: SourceRow;
  readonly secret: Secret;
}

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Sources of webhooks, what they sent, and what could not be processed. */
export interface Webhooks {
  /** Creates a source; `commit` runs in the same transaction. Throws `conflict` when the name is taken. */
  createSource(
    principal: Principal,
    request: SourceRequest,
    commit: (tx: Tx, created: CreatedSource) => Promise<void>,
  ): Promise<CreatedSource>;
  listSources(principal: Principal, page: PageRequest): Promise<Page<SourceRow>>;
  /** Takes a webhook in; resolves once it is committed. */
  receive(sourceId: string, arrival: Arrival): Promise<{ readonly eventId: string; readonly duplicate: boolean }>;
  listEvents(principal: Principal, page: PageRequest & { status?: EventStatus | undefined }): Promise<Page<EventRow>>;
  getEvent(principal: Principal, eventId: string): Promise<PayloadRow>;
  listDeadLetters(principal: Principal, page: PageRequest): Promise<Page<DeadLetterRow>>;
  /** Puts a dead letter's event back into the inbox, the first time; then it only tells how it stands. */
  redrive(principal: Principal, deadLetterId: string): Promise<DeadLetterRow>;
}

/** Builds the webhooks feature. */
export function createWebhooks(options: InboxOptions): Webhooks {
  const { database } = options;
  return {
    createSource: (principal, request, commit) => createSource(options, { principal, request, commit }),
    receive: (sourceId, arrival) => receive(options, sourceId, arrival),
    redrive: (principal, deadLetterId) => redrive(options, principal, deadLetterId),
    listSources: (principal, page) =>
      listById(page, (after, limit) => database.tenant(principal.tenantId, (tx) => selectSources(tx, after, limit))),
    listEvents: (principal, { status, ...page }) =>
      listById(page, (after, limit) =>
        database.tenant(principal.tenantId, (tx) => selectEvents(tx, { after, limit, status })),
      ),
    listDeadLetters: (principal, page) =>
      listById(page, (after, limit) =>
        database.tenant(principal.tenantId, (tx) => selectDeadLetters(tx, after, limit)),
      ),
    getEvent: async (principal, eventId) => {
      const row = await database.tenant(principal.tenantId, (tx) => selectEventWithPayload(tx, eventId));
      if (row === undefined) throw new MeshError('not_found', `There is no webhook event ${eventId}.`);
      return row;
    },
  };
}

async function listById<Row extends { readonly id: string }>(
  { cursor, limit }: PageRequest,
  select: (after: string | undefined, limit: number) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const rows = await select(readCursor(cursor, uuidPosition), limit);
  return cutPage(
    rows,
    limit,
    (row) => row.id,
    (row) => row,
  );
}

interface Creation {
  readonly principal: Principal;
  readonly request: SourceRequest;
  readonly commit: (tx: Tx, created: CreatedSource) => Promise<void>;
}

async function createSource(options: InboxOptions, { principal, request, commit }: Creation): Promise<CreatedSource> {
  const { tenantId } = principal;
  const id = options.newId();
  const secret = new Secret(request.secret ?? randomBytes(32).toString('hex'));
  return options.database.tenant(tenantId, async (tx) => {
    const sealed = await options.vault.seal(tx, secretPlace(tenantId, id), secret);
    const source = await insertSource(tx, { ...request, id, secret: sealed });
    if (source === undefined) throw new MeshError('conflict', `There is a source named "${request.name}" already.`);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'webhooks.createSource',
      subject: id,
      detail: { name: request.name, kind: request.kind },
    });
    const created = { source, secret };
    await commit(tx, created);
    return created;
  });
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
