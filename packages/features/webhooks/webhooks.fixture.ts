import { createHmac } from 'node:crypto';
import type { RuleOfSource } from '@devmesh/api';
import { newId, silentTelemetry, toMeshError } from '@devmesh/foundation';
import { openDatabaseBell, openDatabaseStream, type Database, type Stream } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAgents } from '../agents/index.ts';
import { createAudit, type Audit } from '../audit/index.ts';
import { createAutomation, notifyAction, storeAction, taskAction, type Automation } from '../automation/index.ts';
import { createEvents } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createNotifications, type Notifications } from '../notifications/index.ts';
import { createTasks, type Tasks } from '../tasks/index.ts';
import { createVault } from '../vault/index.ts';
import { createProcessor, type ProcessingOptions, type Processor } from './processing.ts';
import { createWebhooks, type Webhooks } from './service.ts';
import type { SourceRow } from './store-sources.ts';

/** Webhooks with everything that they cause, on a real database, for tests. */
export interface TestWebhooks {
  readonly database: Database;
  readonly stream: Stream;
  readonly processing: ProcessingOptions;
  readonly processor: Processor;
  readonly automation: Automation;
  readonly tasks: Tasks;
  readonly notifications: Notifications;
  readonly audit: Audit;
  readonly webhooks: Webhooks;
  /** Webhooks that ring by another stream. */
  webhooksWith(stream: Stream): Webhooks;
  organization(rules?: readonly RuleOfSource[]): Promise<TestOrganization>;
  close(): Promise<void>;
}

/** An organization with one source. */
export interface TestOrganization {
  readonly principal: Principal;
  readonly tenantId: string;
  readonly source: SourceRow;
  /** Lets the source send a push, or another event; the id of the event. */
  readonly send: (payload?: Record<string, unknown>, event?: string) => Promise<string>;
  readonly process: (eventId: string) => Promise<void>;
  readonly titles: () => Promise<readonly string[]>;
  /** Makes every event due that waits. */
  readonly hasten: () => Promise<void>;
}

export const sourceSecret = 'a secret of the webhook source';
export const attempts = 3;

/** Creates a task for every push. */
export const pushRule: RuleOfSource = {
  events: ['push'],
  action: {
    type: 'task',
    title: 'Review {repository.full_name}',
    capability: 'code-review',
    priority: 5,
    description: '',
  },
};

/** Fails for every push. */
export const failingRule: RuleOfSource = {
  events: ['push'],
  action: { type: 'task', title: '{no.such.thing}', capability: 'x', priority: 5, description: '' },
};

export const push = { ref: 'refs/heads/main', repository: { full_name: 'acme/shop' } };

/** A webhook as GitHub sends it. */
export function signed(body: string, { delivery = newId(), event = 'push', key = sourceSecret } = {}) {
  const rawBody = Buffer.from(body);
  const signature = createHmac('sha256', key).update(rawBody).digest('hex');
  const headers = new Headers({
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${signature}`,
  });
  return { rawBody, headers };
}

/** A principal that may do all with webhooks. */
export function adminOf(tenantId: string): Principal {
  const scopes = ['webhooks:read' as const, 'webhooks:write' as const];
  return { tenantId, keyId: newId(), keyType: 'admin', scopes, agentId: undefined };
}

/** Opens webhooks with a database of their own. */
export async function openTestWebhooks(): Promise<TestWebhooks> {
  const telemetry = silentTelemetry;
  const database = await openTestDatabase();
  const bell = openDatabaseBell({ database, log: telemetry.log });
  const stream = openDatabaseStream({ database, bell, log: telemetry.log });
  const audit = createAudit({ database, newId, tracer: telemetry.tracer });
  const events = createEvents({ database, telemetry });
  const vault = createVault({ masterKeys: newMasterKeys() });
  const agents = createAgents({ database, audit, events, newId });
  const tasks = createTasks({ database, audit, events, agents, newId, telemetry });
  const notifications = createNotifications({ database, agents, audit, events, newId, telemetry });
  const actions = [taskAction({ tasks }), notifyAction({ notifications }), storeAction()];
  const automation = createAutomation({ database, audit, newId, actions });
  const webhooksWith = (ringer: Stream): Webhooks =>
    createWebhooks({
      database,
      stream: ringer,
      vault,
      automation,
      audit,
      events,
      newId,
      telemetry,
      // A busy machine may be slow without anything hanging.
      limits: { deadlineMilliseconds: 60_000 },
    });
  const webhooks = webhooksWith(stream);
  const processing = { database, automation, audit, events, newId, telemetry, maximumAttempts: attempts };
  const processor = createProcessor(processing);
  return {
    database,
    stream,
    processing,
    processor,
    automation,
    tasks,
    notifications,
    audit,
    webhooks,
    webhooksWith,
    organization: (rules) => organization({ database, webhooks, processor, tasks }, rules),
    close: async () => {
      await webhooks.close();
      await stream.close();
      await database.close();
    },
  };
}

async function organization(
  { database, webhooks, processor, tasks }: Pick<TestWebhooks, 'database' | 'webhooks' | 'processor' | 'tasks'>,
  rules: readonly RuleOfSource[] = [pushRule],
): Promise<TestOrganization> {
  const tenantId = await newTenant(database);
  const principal = adminOf(tenantId);
  const request = { name: 'github', kind: 'github' as const, secret: sourceSecret, rules };
  const { source } = await webhooks.createSource(principal, request, async () => undefined);
  return {
    principal,
    tenantId,
    source,
    send: (payload = push, event = 'push') => deliver(webhooks, source.id, signed(JSON.stringify(payload), { event })),
    process: (eventId) => processor.process(tenantId, eventId),
    titles: async () => (await tasks.list(principal, { limit: 200 })).items.map(({ title }) => title),
    hasten: () =>
      database.tenant(tenantId, async (tx) => {
        await sql`update mcp.webhook_events set next_attempt_at = now() where status = 'received'`.execute(tx);
      }),
  };
}

/** Sends again where the database was too busy to answer in time, as senders do. */
async function deliver(webhooks: Webhooks, sourceId: string, arrival: ReturnType<typeof signed>): Promise<string> {
  for (;;) {
    try {
      return (await webhooks.receive(sourceId, arrival)).eventId;
    } catch (error) {
      if (toMeshError(error).code !== 'unavailable') throw error;
    }
  }
}
