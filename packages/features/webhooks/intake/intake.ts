import { MeshError, toMeshError, type Clock, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Verdict } from '@devmesh/infrastructure';
import type { Arrival, Webhook } from '../kinds/kind.ts';
import type { Admission } from './admission.ts';
import type { Backlog } from './backlog.ts';
import type { InboxItem, Stored } from './commit-batch.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { GroupCommit } from '../../group-commit.ts';
import type { KnownSources } from './known-sources.ts';
import type { SourceLimit } from './source-limit.ts';
import type { OpenSource } from './source-loader.ts';
import { verify } from './verify.ts';

/** A webhook whose body may still be on its way. */
export interface Incoming {
  readonly headers: Headers;
  /** The exact bytes, or how to read them: throws `too_large` before it has read more than the limit. */
  readonly rawBody: Uint8Array | ((maximumBytes: number) => Promise<Uint8Array>);
}

/** What the sender is told. */
export type Answer =
  | Received
  /** The sender only asked whether this is the right receiver; nothing was stored. */
  | { readonly handshake: Record<string, unknown> }
  /** The source sends more than it may; nothing was stored. */
  | { readonly limited: Verdict; readonly refusal: MeshError };

/** A committed event. */
export interface Received {
  readonly eventId: string;
  /** Whether this delivery was here before. */
  readonly duplicate: boolean;
}

/** The way of a webhook into the inbox. */
export interface Intake {
  /**
   * Resolves once the event is committed (or was, for a delivery that came before). Nothing is written before the signature
   * is verified, and every refusal is an error. What we wait for ourselves has a deadline; a commit that comes
   * later still counts, and the sender's repetition finds it.
   */
  receive(sourceId: string, incoming: Incoming): Promise<Answer>;
}

interface IntakeOptions {
  readonly sources: KnownSources;
  readonly admission: Admission;
  readonly backlog: Backlog;
  readonly limit: SourceLimit;
  readonly inbox: GroupCommit<InboxItem, Stored>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  readonly deadlineMilliseconds: number;
}

/** How often a source may change between verifying and writing before the sender is asked to come again. */
const maximumAttempts = 3;

/** Builds the intake. */
export function createIntake(options: IntakeOptions): Intake {
  return {
    receive: async (sourceId, incoming) => {
      const place = options.admission.enter();
      try {
        const deadline = createDeadline(options.deadlineMilliseconds);
        const { source, fresh } = await deadline.wait(options.sources.find(sourceId));
        const checked: Checked = { sourceId, source: existing(sourceId, source), fresh, deadline };
        place.hold(await admissibleBytes(options, checked, incoming));
        return await take(options, checked, incoming);
      } finally {
        place.leave();
      }
    },
  };
}

/** An arrival's source as far as it is known, and whether it was read from the database since the arrival. */
interface Checked {
  readonly sourceId: string;
  source: OpenSource;
  fresh: boolean;
  readonly deadline: Deadline;
}

function existing(sourceId: string, source: OpenSource | undefined): OpenSource {
  if (source === undefined) throw new MeshError('not_found', `There is no webhook source ${sourceId}.`);
  return source;
}

async function refresh(options: IntakeOptions, checked: Checked): Promise<void> {
  const { sourceId, deadline } = checked;
  checked.source = existing(sourceId, await deadline.wait(options.sources.refresh(sourceId)));
  checked.fresh = true;
}

/** What the body may need in memory: its declared length, or all that the source may send. */
async function admissibleBytes(
  options: IntakeOptions,
  checked: Checked,
  { headers, rawBody }: Incoming,
): Promise<number> {
  const declared = typeof rawBody === 'function' ? headers.get('content-length') : rawBody.byteLength;
  const tooLarge = (): boolean => Number(declared ?? 0) > checked.source.row.maximumBodyBytes;
  if (tooLarge() && !checked.fresh) await refresh(options, checked);
  const { maximumBodyBytes } = checked.source.row;
  if (!tooLarge()) return declared === null ? maximumBodyBytes : Number(declared);
  throw new MeshError('too_large', `The body is larger than ${String(maximumBodyBytes)} bytes.`);
}

async function take(options: IntakeOptions, checked: Checked, { headers, rawBody }: Incoming): Promise<Answer> {
  const body = typeof rawBody === 'function' ? await rawBody(checked.source.row.maximumBodyBytes) : rawBody;
  const arrival: Arrival = { headers, rawBody: body };
  for (let attempt = 1; attempt <= maximumAttempts; attempt += 1) {
    const webhook = await verified(options, checked, arrival);
    if (webhook.handshake !== undefined) return { handshake: webhook.handshake };
    const limited = attempt === 1 ? await beyondLimits(options, checked) : undefined;
    if (limited !== undefined) return limited;
    const stored = await commit(options, checked, webhook);
    if (stored !== 'stale') return stored;
    await refresh(options, checked);
  }
  throw new MeshError('unavailable', 'This webhook source changed several times while the webhook was stored.');
}

/** Refuses by the source as it stands now, however long this process has remembered another. */
async function verified(options: IntakeOptions, checked: Checked, arrival: Arrival): Promise<Webhook> {
  try {
    return verify(checked.source, arrival, options.clock.now());
  } catch (error) {
    if (!checked.fresh) {
      await refresh(options, checked);
      return verified(options, checked, arrival);
    }
    count(options, 'refused', { kind: checked.source.row.kind, reason: toMeshError(error).code });
    throw error;
  }
}

async function beyondLimits(options: IntakeOptions, { source: { row } }: Checked): Promise<Answer | undefined> {
  const verdict = await options.limit(row);
  if (verdict === undefined) {
    options.backlog.check(row.tenantId);
    return undefined;
  }
  count(options, 'refused', { kind: row.kind, reason: 'rate_limited' });
  const sentence = `This webhook source may send ${String(row.requestsPerMinute)} webhooks a minute.`;
  const retryAfterSeconds = Math.max(1, ...verdict.policies.map(({ resetSeconds }) => resetSeconds));
  return { limited: verdict, refusal: new MeshError('rate_limited', sentence, { retryAfterSeconds }) };
}

async function commit(
  options: IntakeOptions,
  { source: { row }, deadline }: Checked,
  webhook: Webhook,
): Promise<Stored> {
  const { tracer } = options.telemetry;
  const submission = options.inbox.submit(row.tenantId, {
    id: options.newId(),
    sourceId: row.id,
    revision: row.revision,
    sourceName: row.name,
    deliveryId: webhook.deliveryId,
    event: webhook.event,
    action: webhook.action,
    payload: JSON.stringify(webhook.payload),
    traceId: tracer.traceId(),
    traceparent: tracer.traceparent(),
  });
  try {
    const stored = await deadline.wait(submission.result);
    if (stored !== 'stale') count(options, 'received', { kind: row.kind, duplicate: String(stored.duplicate) });
    return stored;
  } finally {
    submission.withdraw();
  }
}

function count({ telemetry }: IntakeOptions, what: 'received' | 'refused', labels: Record<string, string>): void {
  telemetry.metrics.count(`devmesh_webhooks_${what}_total`, labels);
}
