import { toMeshError, type Clock, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, RateLimit, Stream } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import type { Vault } from '../../vault/index.ts';
import { webhookTopic } from '../inbox.ts';
import { createAdmission } from './admission.ts';
import { createBacklog } from './backlog.ts';
import { commitBatch, type InboxItem, type Stored } from './commit-batch.ts';
import { createGroupCommit } from '../../group-commit.ts';
import { createIntake, type Intake } from './intake.ts';
import { createKnownSources } from './known-sources.ts';
import { createRinger } from './ringer.ts';
import { createSourceLimit } from './source-limit.ts';

/** How much the intake takes before it answers that it is too much. */
export interface IntakeLimits {
  /** Webhooks, and bytes of them, that may be on their way in one process. */
  readonly maximumArrivals: number;
  readonly maximumBytes: number;
  /** Events of one tenant that may wait to be processed. */
  readonly maximumBacklog: number;
  /** How long a webhook may wait for the database. */
  readonly deadlineMilliseconds: number;
  /** Tenants whose transactions run at the same time. */
  readonly parallel: number;
}

interface OpenIntakeOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly events: Events;
  readonly rateLimit: RateLimit | undefined;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  readonly limits: IntakeLimits;
}

/** An intake that finishes what it began. */
export interface RunningIntake extends Intake {
  /** Resolves when it has rung for all that is committed, or has left it to the sweeper. */
  close(): Promise<void>;
}

const batch = { maximumItems: 256, maximumBytes: 8_388_608 };
/** Failures of the database itself, which every item of a batch shares. */
const outages: ReadonlySet<string> = new Set(['unavailable', 'disk_full', 'invalid_config']);
/** What comes with a payload. */
const itemBytes = 1_000;

/** Builds the intake of one process with its queues and memories. */
export function openIntake(options: OpenIntakeOptions): RunningIntake {
  const { database, stream, telemetry, clock, limits } = options;
  const backlog = createBacklog({ database, clock, telemetry, maximum: limits.maximumBacklog });
  const ringer = createRinger({ stream, topic: webhookTopic, telemetry });
  const inbox = createGroupCommit<InboxItem, Stored>({
    ...batch,
    parallel: limits.parallel,
    bytesOf: ({ payload }) => payload.length + itemBytes,
    mayBeOneItem: (error) => !outages.has(toMeshError(error).code),
    commit: async (tenantId, items) => {
      const outcomes = await commitBatch(options, tenantId, items);
      const stored = items.filter((item, index) => isNew(outcomes[index], item));
      backlog.added(tenantId, stored.length);
      ringer.ring(stored.map(({ id, traceparent }) => ({ tenantId, kind: 'process', subjectId: id, traceparent })));
      return outcomes;
    },
  });
  const intake = createIntake({
    sources: createKnownSources({ database, vault: options.vault, log: telemetry.log }),
    admission: createAdmission(limits),
    backlog,
    limit: createSourceLimit({ rateLimit: options.rateLimit, clock, telemetry }),
    inbox,
    clock,
    newId: options.newId,
    telemetry,
    deadlineMilliseconds: limits.deadlineMilliseconds,
  });
  return { ...intake, close: () => ringer.idle() };
}

function isNew(stored: Stored | undefined, item: InboxItem): boolean {
  return stored !== undefined && stored !== 'stale' && stored.eventId === item.id;
}
