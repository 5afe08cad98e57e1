import { version, type Service } from '@devmesh/foundation';
import { createClientAddress, createRateLimit, type Platform } from '@devmesh/infrastructure';
import { agentRoutes, createAgents, type Agents } from './agents/index.ts';
import {
  auditRoutes,
  createAudit,
  createAuditBodies,
  createAuditProof,
  createAuditSealer,
  hashOfEnd,
  type Audit,
} from './audit/index.ts';
import {
  authorizationRoutes,
  createAuthorization,
  createGatewayResources,
  type Authorization,
} from './authorization/index.ts';
import { commandRoutes, createCommands } from './commands/index.ts';
import type { FeatureConfig } from './config.ts';
import { createDeliveries, createDeliveryWorker, deliveryRoutes, type Deliveries } from './deliveries/index.ts';
import { connectionRoutes, createConnections, type Connections } from './connections/index.ts';
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
import { createFlags, flagRoutes, type Flags } from './flags/index.ts';
import { createHealth, healthRoutes } from './health/index.ts';
import { createIdempotency, createIdempotencySweeper, type Idempotency } from './idempotency/index.ts';
import {
  actorOf,
  createIdentity,
  createOrganizationEraser,
  createPrincipalCache,
  identityRoutes,
  type Identity,
} from './identity/index.ts';
import { createIndexer, createKnowledge, knowledgeRoutes, type Knowledge } from './knowledge/index.ts';
import { createLimits, limitRoutes, type Limits } from './limits/index.ts';
import { createNotifications, notificationRoutes, type Notifications } from './notifications/index.ts';
import { createPolicy, policyRoutes, type Policy } from './policy/index.ts';
import { createPrompts, promptRoutes, type Prompts } from './prompts/index.ts';
import { createRetention, createRetentionKeeper, retentionRoutes, type Retention } from './retention/index.ts';
import type { Route } from './routing.ts';
import { sealedColumns } from './sealed-columns.ts';
import { createEdgeSessions, sessionRoutes } from './sessions/index.ts';
import {
  createPublicUrl,
  createSignIn,
  createSignIns,
  createSignInSweeper,
  signInRoutes,
  type PublicUrl,
  type SignIn,
  type SignIns,
} from './signin/index.ts';
import { createTasks, createTaskSweeper, taskRoutes, type Tasks } from './tasks/index.ts';
import {
  createResultSweeper,
  createToolEmbedding,
  createToolProber,
  createTools,
  toolRoutes,
  type Tools,
} from './tools/index.ts';
import {
  checkMasterKeys,
  createVault,
  createVaultKeeper,
  createVaultKeys,
  vaultRoutes,
  type Vault,
  type VaultKeys,
} from './vault/index.ts';
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
  readonly vaultKeys: VaultKeys;
  readonly idempotency: Idempotency;
  readonly identity: Identity;
  readonly publicUrl: PublicUrl;
  readonly signIns: SignIns;
  readonly signIn: SignIn;
  readonly authorization: Authorization;
  readonly flags: Flags;
  readonly policy: Policy;
  readonly agents: Agents;
  readonly notifications: Notifications;
  readonly deliveries: Deliveries;
  readonly tasks: Tasks;
  readonly connections: Connections;
  readonly tools: Tools;
  readonly prompts: Prompts;
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
export function createFeatures(options: FeaturesOptions): Features {
  const built = build(options);
  const { webhooks, tools, limits, policy, flags, vault, events, principals } = built;
  return {
    ...built,
    routes: routesOf(built, options),
    workers: workersOf(built, options),
    loaders: [createIndexer({ ...common(options.platform), ...built, ...knowledgeOf(options) })],
    close: async () => {
      await webhooks.close();
      await tools.close();
      await limits.close();
      await policy.close();
      await flags.close();
      await vault.close();
      await events.close();
      await principals.close();
    },
  };
}

/** What nearly every feature is built on. */
function common({ database, journal, stream, keyvalue, bell, telemetry, clock, newId }: Platform) {
  return { database, journal, stream, keyvalue, bell, telemetry, clock, newId };
}

function knowledgeOf({ platform, config }: FeaturesOptions) {
  const roots = config.REPOSITORY_ROOTS.length === 0 ? [process.cwd()] : config.REPOSITORY_ROOTS;
  return { embedder: platform.embedder, roots };
}

/** Webhooks of many organizations must leave connections for everything else. */
function transactionsForWebhooks({ config }: Platform): number {
  return Math.max(1, Math.min(4, Math.floor(config.DATABASE_POOL / 2)));
}

/** What signing in needs of the outside. */
function waysIn({ platform, config }: FeaturesOptions) {
  return {
    fetch: platform.fetch,
    rateLimit: createRateLimit({ ...common(platform), name: 'sign-in' }),
    clientAddress: createClientAddress({ trustedProxies: config.TRUSTED_PROXIES }),
  };
}

type Built = ReturnType<typeof build>;

function build(options: FeaturesOptions) {
  const ground = buildGround(options);
  const told = { ...common(options.platform), ...ground };
  const people = buildPeople(options, told);
  return { ...ground, ...people, ...buildWork(options, { ...told, ...people }) };
}

/** What is told and kept of everything: the trail, the feed, secrets, and answers to be given again. */
function buildGround({ platform }: FeaturesOptions) {
  const base = common(platform);
  const { masterKeys, telemetry } = platform;
  const audit = createAudit({ ...base, tracer: telemetry.tracer });
  const events = createEvents(base);
  const vault = createVault({ ...base, masterKeys, log: telemetry.log });
  const vaultKeys = createVaultKeys({ ...base, masterKeys, audit, columns: sealedColumns });
  const auditProof = createAuditProof({ ...base, vault, audit });
  const auditBodies = createAuditBodies({ ...base, vault });
  const idempotency = createIdempotency({ ...base, vault });
  return { audit, events, vault, vaultKeys, auditProof, auditBodies, idempotency };
}

type Told = ReturnType<typeof common> & ReturnType<typeof buildGround>;

/** Who may come in, and what they may do. */
function buildPeople(options: FeaturesOptions, told: Told) {
  const { platform, config } = options;
  const { masterKeys } = platform;
  const principals = createPrincipalCache(told);
  const identity = createIdentity({ ...told, principals });
  const publicUrl = createPublicUrl(config.PUBLIC_URL);
  const resources = createGatewayResources({ origin: config.MCP_PUBLIC_URL, paths: config.MCP_OAUTH });
  const audiences = (): readonly string[] => [publicUrl.url(), ...resources.all()];
  const issuer = (): string => publicUrl.url();
  const signIns = createSignIns({ ...told, principals, masterKeys, issuer, audiences });
  const { passwords } = identity;
  const signIn = createSignIn({ ...told, ...waysIn(options), principals, passwords, signIns, publicUrl });
  const clients = { fetch: platform.fetch, registration: config.MCP_CLIENT_REGISTRATION };
  const authorization = createAuthorization({ ...told, ...clients, signIns, masterKeys, resources, issuer });
  const flags = createFlags(told);
  const policy = createPolicy({ ...told, flags });
  return { principals, identity, publicUrl, signIns, signIn, authorization, flags, policy };
}

/** What is done: agents and their tasks, tools, webhooks and what they cause, code search. */
function buildWork(options: FeaturesOptions, told: Told & ReturnType<typeof buildPeople>) {
  const { platform, config } = options;
  const { fetch, blob } = platform;
  const { identity, publicUrl } = told;
  const sessions = createEdgeSessions(told);
  const commands = createCommands(told);
  const agents = createAgents(told);
  const notifications = createNotifications({ ...told, agents });
  const deliveries = createDeliveries(told);
  const tasks = createTasks({ ...told, agents });
  const connections = createConnections({ ...told, fetch, publicUrl: () => publicUrl.url() });
  const settings = (tenantId: string) => identity.settings(tenantId);
  const tools = createTools({
    ...told,
    blob,
    notifications,
    embedder: platform.embedder,
    stdio: programsOf(config),
    connections,
    settings,
    fetch,
  });
  const prompts = createPrompts(told);
  const knowledge = createKnowledge({ ...told, ...knowledgeOf(options) });
  const retention = createRetention(told);
  const operator = {
    requestsPerMinuteOfKey: config.REQUESTS_PER_MINUTE,
    requestsPerMinuteOfTenant: config.ORGANIZATION_REQUESTS_PER_MINUTE,
  };
  const limits = createLimits({ ...told, operator });
  const actions = [taskAction({ tasks }), reindexAction({ knowledge }), notifyAction({ notifications }), storeAction()];
  const automation = createAutomation({ ...told, actions });
  const rateLimit = createRateLimit({ ...common(platform), name: 'webhooks' });
  const webhooks = createWebhooks({ ...told, automation, rateLimit, limits: arrivalsOf(options) });
  const entities = {
    sessions,
    commands,
    agents,
    notifications,
    deliveries,
    tasks,
    connections,
    tools,
    prompts,
    automation,
    webhooks,
  };
  return { ...entities, knowledge, retention, limits };
}

/** Which programs may be started as MCP servers. */
function programsOf(config: FeatureConfig) {
  return {
    commands: config.MCP_STDIO_COMMANDS,
    processesPerTenant: config.MCP_STDIO_PROCESSES,
    megabytes: config.MCP_STDIO_MEGABYTES,
  };
}

/** How much of webhooks may be on its way at once. */
function arrivalsOf({ platform, config }: FeaturesOptions) {
  return {
    maximumArrivals: config.WEBHOOK_ARRIVALS,
    maximumBytes: config.WEBHOOK_ARRIVAL_MEGABYTES * 1_000_000,
    maximumBacklog: config.WEBHOOK_BACKLOG,
    deadlineMilliseconds: config.WEBHOOK_DEADLINE_MILLISECONDS,
    parallel: transactionsForWebhooks(platform),
  };
}

function routesOf(built: Built, { platform, config, services }: FeaturesOptions): readonly Route[] {
  const { database, stream, keyvalue, blob } = platform;
  const engines = {
    database: () => database.ping(),
    stream: () => stream.ping(),
    keyvalue: () => keyvalue.ping(),
    blob: () => blob.ping(),
    vault: () => checkMasterKeys(platform),
  };
  return [
    ...signInRoutes({ ...built, database }),
    ...identityRoutes({ ...built, clock: platform.clock, registration: config.REGISTRATION }),
    ...authorizationRoutes(built),
    ...connectionRoutes({
      ...built,
      telemetry: platform.telemetry,
      usersOfProviders: (tenantId, ids) => built.tools.usersOfProviders(tenantId, ids),
    }),
    ...toolRoutes(built),
    ...promptRoutes(built),
    ...agentRoutes(built),
    ...notificationRoutes(built),
    ...deliveryRoutes(built),
    ...taskRoutes(built),
    ...automationRoutes(built),
    ...webhookRoutes(built),
    ...knowledgeRoutes(built),
    ...retentionRoutes(built),
    ...limitRoutes(built),
    ...policyRoutes(built),
    ...flagRoutes(built),
    ...sessionRoutes(built),
    ...commandRoutes(built),
    ...healthRoutes({ health: createHealth({ version, services, engines }) }),
    ...eventRoutes(built),
    ...auditRoutes({ ...built, actorOf }),
    ...vaultRoutes({ ...built, actorOf }),
  ];
}

function workersOf(built: Built, { platform, config }: FeaturesOptions): readonly Service[] {
  const base = { ...common(platform), ...built };
  const parallel = transactionsForWebhooks(platform);
  return [
    createWebhookWorker({ ...base, maximumAttempts: config.WEBHOOK_ATTEMPTS, parallel }),
    createDeliveryWorker({ ...base, fetch: platform.fetch }),
    createTaskSweeper(base),
    createToolProber({ ...base, probes: built.tools.probes }),
    built.tools.upstreams.watch,
    built.tools.driftWorker,
    createIdempotencySweeper(base),
    createResultSweeper({ ...base, results: built.tools.results }),
    createToolEmbedding({ ...base, embedder: platform.embedder }),
    createSignInSweeper(base),
    createAuditSealer(base),
    createRetentionKeeper(base),
    createOrganizationEraser({ ...base, auditEnd: hashOfEnd, stores: [platform.keyvalue, platform.blob] }),
    createVaultKeeper({ ...base, masterKeys: platform.masterKeys, columns: sealedColumns }),
  ];
}
