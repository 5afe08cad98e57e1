import { version, type Service } from '@devmesh/foundation';
import { createRateLimit, type Platform } from '@devmesh/infrastructure';
import { agentRoutes, createAgents, type Agents } from './agents/index.ts';
import { auditRoutes, createAudit, type Audit } from './audit/index.ts';
import type { FeatureConfig } from './config.ts';
import { createDeliveries, createDeliveryWorker, deliveryRoutes, type Deliveries } from './deliveries/index.ts';
import {
  automationRoutes,
  createAutomation,
  notifyAction,
  reindexAction,
  storeAction,
  taskAction,
  type Automation,
} from './automation/index.ts';
import { createEvents, eventRoutes, type Events } from './events/index.ts';
import { createHealth, healthRoutes } from './health/index.ts';
import { createIdempotency, createIdempotencySweeper, type Idempotency } from './idempotency/index.ts';
import { createIdentity, identityRoutes, type Identity } from './identity/index.ts';
import { createIndexer, createKnowledge, knowledgeRoutes, type Knowledge } from './knowledge/index.ts';
import { createLimits, limitRoutes, type Limits } from './limits/index.ts';
import { createNotifications, notificationRoutes, type Notifications } from './notifications/index.ts';
import { createRetention, createRetentionKeeper, retentionRoutes, type Retention } from './retention/index.ts';
import type { Route } from './routing.ts';
import { createEdgeSessions, sessionRoutes } from './sessions/index.ts';
import { createTasks, createTaskSweeper, taskRoutes, type Tasks } from './tasks/index.ts';
import { createTools, toolRoutes, type Tools } from './tools/index.ts';
import { createVault, type Vault } from './vault/index.ts';
import { createWebhooks, createWebhookWorker, webhookRoutes, type Webhooks } from './webhooks/index.ts';

interface FeaturesOptions {
  readonly platform: Platform;
  readonly config: FeatureConfig;
  /** The services of this process, for the health report. */
  readonly services: () => readonly Service[];
}

/** Every feature, with what they mount and what they run. */
export interface Features {
  readonly audit: Audit;
  readonly events: Events;
  readonly vault: Vault;
  readonly idempotency: Idempotency;
  readonly identity: Identity;
  readonly agents: Agents;
  readonly notifications: Notifications;
  readonly deliveries: Deliveries;
  readonly tasks: Tasks;
  readonly tools: Tools;
  readonly automation: Automation;
  readonly webhooks: Webhooks;
  readonly knowledge: Knowledge;
  readonly retention: Retention;
  readonly limits: Limits;
  readonly routes: readonly Route[];
  /** Consumers, leases and schedules; the worker runs them. */
  readonly workers: readonly Service[];
  /** Crawling and indexing; the rag-loader runs it. */
  readonly loaders: readonly Service[];
  close(): Promise<void>;
}

/** Builds every feature in the order in which they need each other: read down to see what needs what. */
export function createFeatures({ platform, config, services }: FeaturesOptions): Features {
  const { database, stream, keyvalue, embedder, telemetry, clock, newId, masterKey } = platform;
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const events = createEvents({ database, telemetry });
  const vault = createVault({ masterKey });
  const idempotency = createIdempotency({ database, vault });
  const identity = createIdentity({ database, audit, clock, newId });
  const agents = createAgents({ database, audit, events, newId });
  const notifications = createNotifications({ database, agents, audit, events, newId, telemetry });
  const deliveries = createDeliveries({ database, stream, vault, audit, events, newId, telemetry });
  const tasks = createTasks({ database, audit, events, agents, newId, telemetry });
  const { bell, fetch } = platform;
  const tools = createTools({ database, keyvalue, bell, fetch, vault, audit, events, newId, telemetry });
  const roots = config.REPOSITORY_ROOTS.length === 0 ? [process.cwd()] : config.REPOSITORY_ROOTS;
  const knowledge = createKnowledge({ database, stream, embedder, audit, events, newId, telemetry, roots });
  const retention = createRetention({ database, audit });
  const operator = {
    requestsPerMinuteOfKey: config.REQUESTS_PER_MINUTE,
    requestsPerMinuteOfTenant: config.ORGANIZATION_REQUESTS_PER_MINUTE,
  };
  const limits = createLimits({ database, keyvalue, bell, audit, telemetry, operator, clock });
  const sessions = createEdgeSessions({ database, keyvalue, audit, events, clock, newId });
  // Webhooks of many organizations must leave connections for everything else.
  const transactionsForWebhooks = Math.max(1, Math.min(4, Math.floor(platform.config.DATABASE_POOL / 2)));
  const actions = [taskAction({ tasks }), reindexAction({ knowledge }), notifyAction({ notifications }), storeAction()];
  const automation = createAutomation({ database, audit, newId, actions });
  const webhooks = createWebhooks({
    database,
    stream,
    vault,
    automation,
    audit,
    events,
    newId,
    telemetry,
    clock,
    rateLimit: createRateLimit({ keyvalue, name: 'webhooks', telemetry }),
    limits: {
      maximumArrivals: config.WEBHOOK_ARRIVALS,
      maximumBytes: config.WEBHOOK_ARRIVAL_MEGABYTES * 1_000_000,
      maximumBacklog: config.WEBHOOK_BACKLOG,
      deadlineMilliseconds: config.WEBHOOK_DEADLINE_MILLISECONDS,
      parallel: transactionsForWebhooks,
    },
  });
  const health = createHealth({
    version,
    services,
    engines: {
      database: () => database.ping(),
      stream: () => stream.ping(),
      keyvalue: () => keyvalue.ping(),
      blob: () => platform.blob.ping(),
    },
  });
  return {
    audit,
    events,
    vault,
    idempotency,
    identity,
    agents,
    notifications,
    deliveries,
    tasks,
    tools,
    automation,
    webhooks,
    knowledge,
    retention,
    limits,
    routes: [
      ...identityRoutes({ identity, registration: config.REGISTRATION }),
      ...toolRoutes({ tools }),
      ...agentRoutes({ agents, tasks }),
      ...notificationRoutes({ notifications }),
      ...deliveryRoutes({ deliveries }),
      ...taskRoutes({ tasks }),
      ...automationRoutes({ automation }),
      ...webhookRoutes({ webhooks }),
      ...knowledgeRoutes({ knowledge }),
      ...retentionRoutes({ retention }),
      ...limitRoutes({ limits }),
      ...sessionRoutes({ sessions }),
      ...healthRoutes({ health }),
      ...eventRoutes({ events }),
      ...auditRoutes({ audit }),
    ],
    workers: [
      createWebhookWorker({
        database,
        stream,
        automation,
        audit,
        events,
        newId,
        telemetry,
        clock,
        maximumAttempts: config.WEBHOOK_ATTEMPTS,
        parallel: transactionsForWebhooks,
      }),
      createDeliveryWorker({
        database,
        stream,
        vault,
        audit,
        events,
        notifications,
        newId,
        telemetry,
        clock,
        fetch: platform.fetch,
      }),
      createTaskSweeper({ tasks, clock, telemetry }),
      createIdempotencySweeper({ idempotency, telemetry, clock }),
      createRetentionKeeper({ database, audit, telemetry, clock }),
    ],
    loaders: [createIndexer({ database, stream, embedder, audit, events, newId, telemetry, clock, roots })],
    close: async () => {
      await webhooks.close();
      await tools.close();
      await limits.close();
      await events.close();
    },
  };
}
