import type { Severity } from '@devmesh/api';
import { MeshError, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Agents } from '../agents/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { fitNotice } from './rules.ts';
import { insertNotification, insertReads, selectNotifications, type NotificationRow, type Reader } from './store.ts';

interface NotificationsOptions {
  readonly database: Database;
  readonly agents: Pick<Agents, 'find'>;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
}

/** A notice, as features and services give it. */
export interface Notice {
  /** Cut to 200 characters. */
  readonly title: string;
  /** Cut to 4,000 characters. */
  readonly text: string;
  readonly severity: Severity;
  /** Only for this agent; absent: for everybody. */
  readonly agentId?: string | undefined;
  /** The received webhook that caused it. */
  readonly sourceEventId?: string | undefined;
  /** Who notifies: `key:<id>`, `agent:<id>` or `system:<job>`. */
  readonly actor: string;
}

interface Listing {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly unread: boolean;
}

/** What a service asks for; the notifier is the principal. */
type NoticeRequest = Omit<Notice, 'actor' | 'sourceEventId'>;

/** Notices for the people and agents of an organization. */
export interface Notifications {
  /**
   * Notifies in the transaction of what it tells about: notice and feed event commit with it or not at all.
   * Throws `not_found` for an agent that does not exist.
   */
  notifyIn(tx: Tx, notice: Notice): Promise<NotificationRow>;
  /** Notifies and audits; `commit` runs in the same transaction. */
  create(
    principal: Principal,
    request: NoticeRequest,
    commit: (tx: Tx, row: NotificationRow) => Promise<void>,
  ): Promise<NotificationRow>;
  list(principal: Principal, listing: Listing): Promise<Page<NotificationRow>>;
  /** Marks for this key, or its agent; returns how many were unread. */
  markRead(principal: Principal, ids: readonly string[]): Promise<number>;
}

/** Builds the notifications. */
export function createNotifications(options: NotificationsOptions): Notifications {
  const { database, audit } = options;
  return {
    notifyIn: (tx, notice) => notifyIn(options, tx, notice),
    create: (principal, request, commit) =>
      database.tenant(principal.tenantId, async (tx) => {
        const actor = actorOf(principal);
        const row = await notifyIn(options, tx, { ...request, actor: actor.name });
        const { severity, agentId } = request;
        const detail = { severity, ...(agentId === undefined ? {} : { agentId }) };
        await audit.record(tx, { actor, action: 'notifications.create', subject: row.id, detail });
        await commit(tx, row);
        return row;
      }),
    list: async (principal, { cursor, limit, unread }) => {
      const after = readCursor(cursor, uuidPosition);
      const filter = { reader: readerOf(principal), after, unread, limit };
      const rows = await database.tenant(principal.tenantId, (tx) => selectNotifications(tx, filter));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    markRead: (principal, ids) =>
      database.tenant(principal.tenantId, (tx) => insertReads(tx, readerOf(principal), ids)),
  };
}

/** All keys of an agent read as that agent. */
function readerOf(principal: Principal): Reader {
  return { name: actorOf(principal).name, agentId: principal.agentId };
}

async function notifyIn(options: NotificationsOptions, tx: Tx, notice: Notice): Promise<NotificationRow> {
  const { agents, events, newId, telemetry } = options;
  const { severity, agentId, sourceEventId, actor } = notice;
  const { title, text } = fitNotice(notice);
  if (agentId !== undefined && (await agents.find(tx, agentId)) === undefined) {
    throw new MeshError('not_found', `There is no agent ${agentId} to notify.`);
  }
  const row = await insertNotification(tx, {
    id: newId(),
    title,
    text,
    severity,
    agentId: agentId ?? null,
    sourceEventId: sourceEventId ?? null,
    createdBy: actor,
    traceId: telemetry.tracer.traceId() ?? null,
  });
  if (row === undefined) throw new MeshError('internal', 'A notice was not stored.');
  await events.publish(tx, {
    type: 'notification.created',
    subjectId: row.id,
    agentId,
    summary: title,
    data: { title, text, severity, ...(sourceEventId === undefined ? {} : { sourceEventId }) },
  });
  return row;
}
