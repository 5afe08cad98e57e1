import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac } from 'node:crypto';
import { newId, silentTelemetry, systemClock, toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import type { Database, MasterKeys, RateLimit, Stream, StreamEntry, Tx } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit } from '../../audit/index.ts';
import { createAutomation } from '../../automation/index.ts';
import { createEvents } from '../../events/index.ts';
import type { Principal } from '../../identity/index.ts';
import { createVault } from '../../vault/index.ts';
import { createWebhooks } from '../service.ts';
import type { IntakeLimits } from './open-intake.ts';

/** The secret of every source of these tests, unless they rotate it. */
export const secret = 'a secret of the webhook source';

/** A push as GitHub sends it; `sign` with another secret, or change what was signed. */
export function push({ delivery = newId(), sign = secret, body = '{"ref":"refs/heads/main"}', event = 'push' } = {}) {
  const rawBody = Buffer.from(body);
  return {
    rawBody,
    headers: new Headers({
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${createHmac('sha256', sign).update(rawBody).digest('hex')}`,
    }),
  };
}

interface ProcessOptions {
  readonly database: Database;
  readonly masterKeys?: MasterKeys;
  readonly clock?: Clock;
  readonly rateLimit?: RateLimit;
  readonly limits?: Partial<IntakeLimits>;
  readonly telemetry?: Telemetry;
  readonly append?: Stream['append'];
}

/** The webhooks feature as one process has it, with a stream that only remembers what it was told. */
export function openProcess(options: ProcessOptions) {
  const { database, telemetry = silentTelemetry, clock = systemClock } = options;
  const rung: StreamEntry[] = [];
  const append: Stream['append'] = (_topic, entries) => {
    rung.push(...entries);
    return Promise.resolve();
  };
  const stream = { append: options.append ?? append } as Stream;
  const audit = createAudit({ database, newId, tracer: telemetry.tracer });
  const events = createEvents({ database, telemetry });
  const automation = createAutomation({ database, audit, newId, actions: [] });
  const vault = createVault({ masterKeys: options.masterKeys ?? newMasterKeys() });
  const webhooks = createWebhooks({
    database,
    stream,
    vault,
    audit,
    events,
    automation,
    newId,
    telemetry,
    clock,
    ...(options.rateLimit === undefined ? {} : { rateLimit: options.rateLimit }),
    // A busy machine may be slow without anything hanging.
    limits: { deadlineMilliseconds: 60_000, ...options.limits },
  });
  return { webhooks, audit, events, rung };
}

/** Somebody who may do everything with the webhooks of a new organization. */
export async function newPrincipal(database: Database): Promise<Principal> {
  const tenantId = await newTenant(database);
  return {
    tenantId,
    keyId: newId(),
    keyType: 'admin',
    scopes: ['webhooks:read', 'webhooks:write'],
    agentId: undefined,
  };
}

/** What the inbox of a tenant holds, and what was written along with it. */
async function written(database: Database, tenantId: string) {
  return database.tenant(tenantId, async (tx) => {
    const { rows } = await sql<{ events: number; deliveries: number; audited: number; told: number }>`
      select (select count(*) from mcp.webhook_events) as events, (select count(*) from mcp.webhook_deliveries) as deliveries,
             (select count(*) from mcp.audit_log where action = 'webhooks.receive') as audited,
             (select count(*) from mcp.mesh_events where type = 'webhook.received') as told`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw new Error('counting gave no row');
    return row;
  });
}

/** A database whose transactions a test can count, hold and break. */
export function watched(database: Database) {
  const seen = { tenant: 0, system: 0 };
  const seam = {
    /** Runs before a tenant's transaction. */
    before: (): Promise<void> => Promise.resolve(),
    /** Runs in a tenant's transaction when all is written, before it commits. */
    beforeCommit: (_tx: Tx): Promise<void> => Promise.resolve(),
    /** Runs after the commit of a tenant, before anybody hears of it. */
    afterCommit: (): Promise<void> => Promise.resolve(),
  };
  const wrapped: Database = {
    ...database,
    system: (job, work) => {
      seen.system += 1;
      return database.system(job, work);
    },
    tenant: async (tenantId, work) => {
      seen.tenant += 1;
      await seam.before();
      const result = await database.tenant(tenantId, async (tx) => {
        const value = await work(tx);
        await seam.beforeCommit(tx);
        return value;
      });
      await seam.afterCommit();
      return result;
    },
  };
  return { database: wrapped, seen, seam };
}

/** A gate that holds who comes to it until it is opened. */
export function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  return {
    open: () => {
      open();
    },
    reached,
    pass: () => {
      arrived();
      return opened;
    },
  };
}

/** Telemetry whose trace id is the one of the work that is under way. */
export function traced() {
  const traces = new AsyncLocalStorage<string>();
  const current = (): string | undefined => traces.getStore();
  const tracer = {
    ...silentTelemetry.tracer,
    traceId: current,
    traceparent: () => `00-${current() ?? ''}-${'1'.repeat(16)}-01`,
  };
  return {
    telemetry: { ...silentTelemetry, tracer },
    within: <Result>(traceId: string, work: () => Result) => traces.run(traceId, work),
  };
}

type OpenOptions = Omit<ProcessOptions, 'database'> & {
  /** What the process reaches the database through; default the database itself. */
  readonly over?: Database;
};

/** One process of a mesh, an organization and its source; `open` gives further processes. */
export async function setUp(database: Database, { over, ...options }: OpenOptions = {}) {
  const masterKeys = newMasterKeys();
  const open = (more: OpenOptions = {}) =>
    openProcess({ masterKeys, ...options, ...more, database: more.over ?? over ?? database });
  const process = open();
  const principal = await newPrincipal(database);
  const create = async (name = 'github', more = {}) => {
    const request = { name, kind: 'github' as const, secret, ...more };
    return (await process.webhooks.createSource(principal, request, async () => undefined)).source;
  };
  const source = await create();
  const stored = () => written(database, principal.tenantId);
  return { ...process, open, principal, source, create, stored };
}

/** The code of what was thrown, or `accepted`. */
export function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'accepted',
    (error: unknown) => toMeshError(error).code,
  );
}
