/** A folder of the tree that has a purpose of its own. */
export interface Room {
  readonly path: string;
  /** What it is for. */
  readonly sentence: string;
  /** For a workspace: the package names, with their sub-paths, that its code may import. */
  readonly mayImport?: readonly string[];
  /** For a workspace: what its tests may import besides. */
  readonly testsMayImport?: readonly string[];
  /** Modules that it must not import, and why. */
  readonly refuses?: { readonly pattern: RegExp; readonly because: string };
}

const foundation = '@devmesh/foundation';
const infrastructure = '@devmesh/infrastructure';
const features = '@devmesh/features';
const api = '@devmesh/api';
const mcp = '@devmesh/mcp';
const testkit = '@devmesh/testkit';

const apps: readonly Room[] = [
  {
    path: 'apps/devmesh',
    sentence: 'Every service in one process, and the command line.',
    mayImport: [
      foundation,
      infrastructure,
      features,
      api,
      mcp,
      '@devmesh/mcp/client',
      '@devmesh/mcp/stdio',
      '@devmesh/edge-mcp',
      '@devmesh/rest-api',
      '@devmesh/worker',
      '@devmesh/rag-loader',
      '@devmesh/mockserver',
    ],
    testsMayImport: [testkit],
  },
  { path: 'apps/devmesh/gateway-bench', sentence: 'Measures calls through the gateway, beside gateways of others.' },
  { path: 'apps/devmesh/events-bench', sentence: 'Measures what a mesh takes in and works off, beside a bare queue.' },
  {
    path: 'apps/edge-mcp',
    sentence: 'The MCP gateway; it reaches the platform by its API only and opens no engine.',
    mayImport: [foundation, api, mcp, '@devmesh/infrastructure/process'],
    testsMayImport: ['@devmesh/mcp/client', '@devmesh/rest-api', features, infrastructure, testkit],
  },
  {
    path: 'apps/edge-mcp/commands',
    sentence: 'Runs the commands that an operator describes on the host of the gateway, in a jail and a sandbox.',
  },
  {
    path: 'apps/rest-api',
    sentence: 'Mounts the routes of every feature, takes webhooks in, serves the console.',
    mayImport: [foundation, api, features, infrastructure],
    testsMayImport: [testkit],
  },
  {
    path: 'apps/worker',
    sentence: 'Runs the consumers, leases and schedules of every feature.',
    mayImport: [foundation, features, infrastructure],
    testsMayImport: [testkit],
  },
  {
    path: 'apps/rag-loader',
    sentence: 'Crawls repositories and indexes them.',
    mayImport: [foundation, features, infrastructure],
    testsMayImport: [testkit],
  },
  {
    path: 'apps/mockserver',
    sentence: 'Imitates a DevOps API, any service that has an OpenAPI document, and the senders of webhooks.',
    mayImport: [foundation],
  },
  {
    path: 'apps/mockserver/openapi',
    sentence:
      'Serves any OpenAPI document: judges requests strictly, answers from examples or schemas; shares no code with the product.',
  },
  {
    path: 'apps/console',
    sentence: 'The web console: what runs, what agents do, a search of the code.',
    mayImport: [api],
    testsMayImport: [testkit, infrastructure, features, '@devmesh/rest-api', 'devmesh'],
  },
];

const packages: readonly Room[] = [
  {
    path: 'packages/foundation',
    sentence: 'Errors, configuration, services, resilience, telemetry ports, ids, time; no input or output.',
    mayImport: [],
    refuses: {
      pattern: /^node:(?:fs|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|cluster)(?:\/|$)/,
      because: 'foundation does no input or output',
    },
  },
  {
    path: 'packages/api',
    sentence: 'Every operation declared once: validation, client, OpenAPI document, MCP tools.',
    mayImport: [foundation, '@devmesh/foundation/errors'],
    refuses: { pattern: /^(?:node:|@devmesh\/foundation$)/, because: 'the typed client also runs in browsers' },
  },
  {
    path: 'packages/mcp',
    sentence: 'MCP over WebSocket and Streamable HTTP, and a client; it knows no feature.',
    mayImport: [foundation],
  },
  {
    path: 'packages/infrastructure',
    sentence: 'Everything outside the process, behind ports.',
    mayImport: [foundation],
    testsMayImport: [testkit, '@devmesh/mockserver'],
  },
  {
    path: 'packages/features',
    sentence: 'What the product does, a folder each.',
    mayImport: [foundation, api, infrastructure, '@devmesh/mcp/client'],
    testsMayImport: [testkit, '@devmesh/mockserver'],
  },
  {
    path: 'packages/testkit',
    sentence: 'What tests share: databases, tenants, a clock.',
    mayImport: [foundation, infrastructure],
  },
];

const featureRooms: readonly Room[] = [
  { path: 'packages/features/audit', sentence: 'Who did what, and with which result.' },
  { path: 'packages/features/identity/erasure', sentence: 'Erases organizations that were deleted.' },
  { path: 'packages/features/events', sentence: 'The feed of what happened in an organization, for whoever watches.' },
  { path: 'packages/features/vault', sentence: "Values encrypted under the tenant's own key." },
  { path: 'packages/features/idempotency', sentence: 'The same write sent twice has one effect and one answer.' },
  { path: 'packages/features/identity', sentence: 'Organizations, users, invitations, API keys, authentication.' },
  { path: 'packages/features/signin', sentence: 'People sign in, stay signed in for a while, and sign out.' },
  {
    path: 'packages/features/authorization',
    sentence: 'People let OAuth clients use MCP in their name: consents, codes, tokens for one endpoint.',
  },
  { path: 'packages/features/prompts', sentence: 'Prompts that organizations write for their agents, in versions.' },
  { path: 'packages/features/flags', sentence: 'Feature flags of organizations, evaluated by OpenFeature.' },
  {
    path: 'packages/features/policy',
    sentence: 'The one decision about who may do what, and the policies of organizations that it goes by.',
  },
  { path: 'packages/features/agents', sentence: 'Agents, what they can do, and whether they are here.' },
  { path: 'packages/features/notifications', sentence: 'Notices for people and agents, and who has read them.' },
  { path: 'packages/features/deliveries', sentence: 'Webhooks go out: signed, tried again, and logged.' },
  { path: 'packages/features/tasks', sentence: 'Work with leases and fences, assigned by capability.' },
  {
    path: 'packages/features/connections',
    sentence: 'Consents at OAuth providers, and the tokens calls get from them.',
  },
  { path: 'packages/features/connections/presets', sentence: 'What is known of each OAuth provider, as data.' },
  { path: 'packages/features/tools', sentence: 'OpenAPI documents become tools, and their calls.' },
  {
    path: 'packages/features/tools/results',
    sentence: 'How answers are shown: bounded, by field, page by page; what is too large is kept for a day.',
  },
  {
    path: 'packages/features/tools/screening',
    sentence: 'Finds what in the lists of a server looks like an attempt on the models that read them.',
  },
  {
    path: 'packages/features/tools/drift',
    sentence: 'How definitions of services change: what is applied, what waits, what is held.',
  },
  { path: 'packages/features/tools/exposed-resources', sentence: 'Operations that are read as resources.' },
  { path: 'packages/features/tools/sets', sentence: 'Tools of several services under an endpoint of their own.' },
  {
    path: 'packages/features/tools/upstream-mcp',
    sentence: 'MCP servers of others become tools, resources and prompts here.',
  },
  {
    path: 'packages/features/tools/upstream-mcp/stdio',
    sentence:
      'Programs that speak MCP over their standard streams: started, bounded, and ended with all that they started.',
  },
  {
    path: 'packages/features/tools/definitions',
    sentence: 'What a source says of tools, pinned, and what an organization makes of it.',
  },
  {
    path: 'packages/features/tools/resilience',
    sentence: 'How calls of services are sent: circuits, bulkheads, retries, and reads that share an answer.',
  },
  {
    path: 'packages/features/tools/usage',
    sentence: 'How often tools are called, how fast and how well they answer, and what that costs.',
  },
  {
    path: 'packages/features/tools/finding',
    sentence: 'Finds tools by what somebody wants to do: words, meaning, and which action is meant.',
  },
  { path: 'packages/features/tools/packs', sentence: 'What is known of providers, and services that are made of it.' },
  { path: 'packages/features/tools/packs/providers', sentence: 'What is known of each provider, as data.' },
  {
    path: 'packages/features/tools/probes',
    sentence: 'Whether services answer, and what their stored credentials may do.',
  },
  {
    path: 'packages/features/tools/discovery',
    sentence: 'Finds descriptions of APIs below an address, and reads those that are not OpenAPI.',
  },
  {
    path: 'packages/features/tools/openapi-bench',
    sentence: 'Measures what becomes of OpenAPI documents: tools, their schemas, and calls that a mock accepts.',
  },
  {
    path: 'packages/features/automation',
    sentence: 'Routing rules: which events cause what, and what rules can do.',
  },
  {
    path: 'packages/features/webhooks',
    sentence: 'Signed events come in once, are worked on, or wait as dead letters.',
  },
  {
    path: 'packages/features/webhooks/intake',
    sentence: 'The way of a webhook into the inbox: known source, signature, limits, group commit, ring.',
  },
  { path: 'packages/features/knowledge', sentence: 'Repositories chunked, embedded and searched.' },
  {
    path: 'packages/features/retention',
    sentence: 'For how long what grows is kept, and the partitions that it lies in.',
  },
  {
    path: 'packages/features/limits',
    sentence: 'How often keys, organizations, agents and tools may be used, and tasks of a capability be made.',
  },
  { path: 'packages/features/sessions', sentence: 'The MCP sessions that gateways hold, to see and to end.' },
  {
    path: 'packages/features/commands',
    sentence:
      'Who may run which command on the host of a gateway, and the record of every run; it runs nothing itself.',
  },
  { path: 'packages/features/health', sentence: 'What runs here, and how it does.' },
];

const infrastructureRooms: readonly Room[] = [
  {
    path: 'packages/infrastructure/database',
    sentence: 'Port: tenant transactions on PostgreSQL or PGlite; migrations.',
  },
  { path: 'packages/infrastructure/stream', sentence: 'Port: entries for consumer groups, on Redis or the database.' },
  {
    path: 'packages/infrastructure/bell',
    sentence: 'Port: a wake-up without a payload to rely on, on Redis or the database.',
  },
  {
    path: 'packages/infrastructure/keyvalue',
    sentence: 'Port: short-lived values, locks and limits, on Redis or in memory.',
  },
  { path: 'packages/infrastructure/blob', sentence: 'Port: large values by their content.' },
  {
    path: 'packages/infrastructure/journal',
    sentence: 'Port: notes that outlive the process until what they tell of is done.',
  },
  { path: 'packages/infrastructure/embedder', sentence: 'Port: text becomes vectors.' },
  { path: 'packages/infrastructure/secrets', sentence: 'Port: values that the operator keeps; the master key.' },
  { path: 'packages/infrastructure/http', sentence: 'The HTTP server, and the guarded way out.' },
  { path: 'packages/infrastructure/telemetry', sentence: 'Logs, metrics and traces behind the ports of foundation.' },
  { path: 'packages/infrastructure/redis', sentence: 'Connections to Redis that its adapters share.' },
  { path: 'packages/infrastructure/threads', sentence: 'Worker threads from TypeScript or from a bundle.' },
];

/** Every room; a folder that is not here has no place in the tree. */
export const rooms: readonly Room[] = [...apps, ...packages, ...featureRooms, ...infrastructureRooms];

/** Folders whose direct children must each be a room. */
export const corridors: readonly string[] = ['apps', 'packages', 'packages/features', 'packages/infrastructure'];

/** Files outside a `store` that name tables, and why. */
export const tableExceptions: Readonly<Record<string, string>> = {
  'packages/infrastructure/stream/database-statements.ts': 'the stream on the database owns its three tables',
  'packages/infrastructure/stream/database-turns.ts': 'the turns of the tenants are part of its reads',
  'packages/testkit/tenant.ts': 'a test tenant is a row of organizations',
};

/** Tables that the store of a second room names, and why. */
export const sharedTables: Readonly<Record<string, string>> = {
  agent_manifests:
    'a key is bound to an agent in one statement that finds the agent, and identity is built before agents',
  users: 'an access token is checked with what its person may do now in one statement',
  tool_configurations: 'the rooms within tools each keep their part of what is known of a service',
  tool_operations:
    'the rooms within tools each keep their part of a definition, and read it in one statement with theirs',
  organization_tools: 'the rooms within tools ask in the same statement whether a service has a credential',
  organizations: 'people sign in to an organization by its slug, and to none that is being deleted',
};

/** Files outside a `main.ts` that read the environment of the process, and why. */
export const environmentExceptions: Readonly<Record<string, string>> = {
  'apps/devmesh/commands/up.ts': 'the command hands the environment to the one place that parses it',
  'apps/devmesh/commands/demo.ts': 'the command hands the environment to the one place that parses it',
  'apps/devmesh/commands/migrate.ts': 'the command hands the environment to the one place that parses it',
  'apps/devmesh/verbs/verbs.ts': 'DEVMESH_URL and DEVMESH_KEY stand in for --server and --key',
  'apps/devmesh/commands/mcp.ts': 'DEVMESH_MCP_URL and DEVMESH_KEY stand in for --url and --key-file',
  'apps/devmesh/output/style.ts': 'NO_COLOR is a convention about the terminal, not configuration',
  'packages/testkit/database.ts': 'DATABASE_URL chooses the engine that the tests prove',
  'packages/testkit/engines.ts': 'DATABASE_URL chooses the engine that a whole mesh is tested on',
  'packages/features/alone.ts': 'the start of every service that runs alone, called by its main.ts',
  'packages/features/knowledge/git.ts': 'git is started with a scrubbed environment that keeps PATH',
};

/** Who besides `open-platform.ts` and the package's face may import the adapters of a port, and why. */
export const adapterExceptions: Readonly<Record<string, string>> = {
  'apps/devmesh/commands/migrate.ts':
    'migrations run on a connection that sees all tenants, before there is a platform',
};
