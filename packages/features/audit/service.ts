import type { NewId, Tracer } from '@devmesh/foundation';
import type { Database, Journal, Tx } from '@devmesh/infrastructure';
import { nameOfActor, type Actor } from './actor.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import {
  insertAudit,
  insertAudits,
  selectAudit,
  selectRecorded,
  type AuditFilter,
  type AuditRow,
  type Outcome,
} from './store.ts';

interface AuditOptions {
  readonly database: Database;
  /** Holds lines that were told of and are about to be committed. */
  readonly journal?: Journal | undefined;
  readonly tracer: Tracer;
  readonly newId: NewId;
}

/** One line of the trail, as features report it. */
interface AuditFact {
  /** Default: a new one. */
  readonly id?: string | undefined;
  readonly actor: Actor;
  /** The operation id. */
  readonly action: string;
  readonly subject: string;
  /** Default `allowed`. */
  readonly outcome?: Outcome;
  /** What decided, e.g. `scope:tasks:write` or the name of a policy's rule. */
  readonly rule?: string | undefined;
  /** Never a secret, never a body. */
  readonly detail?: Record<string, unknown>;
}

interface AuditQuery extends AuditFilter {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Who did what, append-only, per organization. */
export interface Audit {
  /** Appends a line in the transaction of what it tells about: both commit or neither. */
  record(tx: Tx, fact: AuditFact): Promise<void>;
  /** Appends lines of many pieces of work, each under its own trace, in one statement. */
  recordMany(tx: Tx, facts: readonly (AuditFact & { readonly traceId: string | undefined })[]): Promise<void>;
  /** Those of these ids that have a line. */
  recorded(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>>;
  list(tenantId: string, query: AuditQuery): Promise<Page<AuditRow>>;
}

/** Builds the audit feature. */
export function createAudit({ database, journal, tracer, newId }: AuditOptions): Audit {
  const rowOf = ({ id, actor, action, subject, outcome, rule, detail }: AuditFact, traceId: string | undefined) => ({
    id: id ?? newId(),
    ...identityOf(actor),
    action,
    subject,
    outcome: outcome ?? 'allowed',
    rule: rule?.slice(0, longestRule) ?? null,
    detail: detail ?? {},
    traceId: traceId ?? null,
  });
  return {
    record: (tx, fact) => insertAudit(tx, rowOf(fact, tracer.traceId())),
    recordMany: (tx, facts) =>
      insertAudits(
        tx,
        facts.map(({ traceId, ...fact }) => rowOf(fact, traceId)),
      ),
    recorded: selectRecorded,
    list: async (tenantId, { cursor, limit, ...filter }) => {
      await journal?.done(tenantId);
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(tenantId, (tx) => selectAudit(tx, filter, { after, limit }));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  };
}

const longestRule = 200;

function identityOf(actor: Actor) {
  const { userId, agentId, keyId } = typeof actor === 'string' ? idsOfName(actor) : actor;
  return { actor: nameOfActor(actor), userId: userId ?? null, agentId: agentId ?? null, keyId: keyId ?? null };
}

const named = /^(user|agent|key):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/u;

/** A name alone still tells the person, the agent or the key that it stands for. */
function idsOfName(name: string): {
  userId?: string | undefined;
  agentId?: string | undefined;
  keyId?: string | undefined;
} {
  const [, kind, id] = named.exec(name) ?? [];
  return kind === undefined ? {} : { [`${kind}Id`]: id };
}
