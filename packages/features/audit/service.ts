import type { NewId, Tracer } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import { nameOfActor, type Actor } from './actor.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { insertAudit, insertAudits, selectAudit, type AuditRow, type Outcome } from './store.ts';

interface AuditOptions {
  readonly database: Database;
  readonly tracer: Tracer;
  readonly newId: NewId;
}

/** One line of the trail, as features report it. */
interface AuditFact {
  readonly actor: Actor;
  /** The operation id. */
  readonly action: string;
  readonly subject: string;
  /** Default `allowed`. */
  readonly outcome?: Outcome;
  /** Never a secret, never a body. */
  readonly detail?: Record<string, unknown>;
}

interface AuditQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly traceId?: string | undefined;
  readonly action?: string | undefined;
}

/** Who did what, append-only, per organization. */
export interface Audit {
  /** Appends a line in the transaction of what it tells about: both commit or neither. */
  record(tx: Tx, fact: AuditFact): Promise<void>;
  /** Appends lines of many pieces of work, each under its own trace, in one statement. */
  recordMany(tx: Tx, facts: readonly (AuditFact & { readonly traceId: string | undefined })[]): Promise<void>;
  list(tenantId: string, query: AuditQuery): Promise<Page<AuditRow>>;
}

/** Builds the audit feature. */
export function createAudit({ database, tracer, newId }: AuditOptions): Audit {
  return {
    record: (tx, fact) =>
      insertAudit(tx, {
        id: newId(),
        outcome: 'allowed',
        detail: {},
        ...fact,
        actor: nameOfActor(fact.actor),
        traceId: tracer.traceId() ?? null,
      }),
    recordMany: (tx, facts) =>
      insertAudits(
        tx,
        facts.map(({ traceId, ...fact }) => ({
          id: newId(),
          outcome: 'allowed',
          detail: {},
          ...fact,
          actor: nameOfActor(fact.actor),
          traceId: traceId ?? null,
        })),
      ),
    list: async (tenantId, { cursor, limit, traceId, action }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectAudit(tx, { after, limit, traceId, action }));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  };
}
