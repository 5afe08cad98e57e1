import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { selectDays, upsertDays, type RetentionKind } from './store.ts';

interface RetentionOptions {
  readonly database: Database;
  readonly audit: Audit;
}

type Days = Readonly<Record<RetentionKind, number>>;
type Changes = { readonly [Kind in RetentionKind]?: number | undefined };

/** For how long an organization keeps what grows. */
export interface Retention {
  get(principal: Principal): Promise<Days>;
  /** Changes what is given; what is older than that is removed by the next run of the keeper. */
  set(principal: Principal, changes: Changes): Promise<Days>;
}

/** Builds the retention feature. */
export function createRetention({ database, audit }: RetentionOptions): Retention {
  return {
    get: ({ tenantId }) => database.tenant(tenantId, readDays),
    set: (principal, changes) =>
      database.tenant(principal.tenantId, async (tx) => {
        const before = await readDays(tx);
        const changed = (['webhooks', 'feed', 'audit'] as const).flatMap((kind) => {
          const days = changes[kind];
          return days === undefined ? [] : [{ kind, days, before: before[kind] }];
        });
        for (const { kind, days } of changed) await upsertDays(tx, kind, days);
        await audit.record(tx, {
          actor: actorOf(principal),
          action: 'retention.set',
          subject: principal.tenantId,
          detail: { changed },
        });
        return readDays(tx);
      }),
  };
}

async function readDays(tx: Tx): Promise<Days> {
  const days = new Map((await selectDays(tx)).map((row) => [row.kind, row.days]));
  return { webhooks: daysOf(days, 'webhooks'), feed: daysOf(days, 'feed'), audit: daysOf(days, 'audit') };
}

function daysOf(all: ReadonlyMap<RetentionKind, number>, kind: RetentionKind): number {
  const days = all.get(kind);
  if (days === undefined) throw new MeshError('internal', `The database does not say how long it keeps ${kind}.`);
  return days;
}
