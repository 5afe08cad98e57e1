import type { Operation } from './operation.ts';
import { agentOperations } from './operations/agents.ts';
import { auditOperations } from './operations/audit.ts';
import { authorizationOperations } from './operations/authorization.ts';
import { commandOperations } from './operations/commands.ts';
import { connectionOperations } from './operations/connections.ts';
import { deliveryOperations } from './operations/deliveries.ts';
import { endpointOperations } from './operations/endpoints.ts';
import { flagOperations } from './operations/flags.ts';
import { identityOperations } from './operations/identity.ts';
import { knowledgeOperations } from './operations/knowledge.ts';
import { limitOperations } from './operations/limits.ts';
import { notificationOperations } from './operations/notifications.ts';
import { organizationOperations } from './operations/organizations.ts';
import { packOperations } from './operations/packs.ts';
import { policyOperations } from './operations/policy.ts';
import { ruleOperations } from './operations/rules.ts';
import { promptOperations } from './operations/prompts.ts';
import { retentionOperations } from './operations/retention.ts';
import { sessionOperations } from './operations/sessions.ts';
import { signInOperations } from './operations/sign-in.ts';
import { systemOperations } from './operations/system.ts';
import { taskOperations } from './operations/tasks.ts';
import { toolCredentialOperations } from './operations/tool-credentials.ts';
import { exposedResourceOperations } from './operations/exposed-resources.ts';
import { toolDriftOperations } from './operations/tool-drift.ts';
import { toolSetOperations } from './operations/tool-sets.ts';
import { toolProbeOperations } from './operations/tool-probes.ts';
import { toolShapingOperations } from './operations/tool-shaping.ts';
import { toolExecutionOperations } from './operations/tool-execution.ts';
import { toolUsageOperations } from './operations/tool-usage.ts';
import { toolFindingOperations } from './operations/tool-finding.ts';
import { toolOperations } from './operations/tools.ts';
import { upstreamOperations, upstreamToolOperations } from './operations/upstreams.ts';
import { userOperations } from './operations/users.ts';
import { vaultOperations } from './operations/vault.ts';
import { webhookEventOperations } from './operations/webhook-events.ts';
import { webhookOperations } from './operations/webhooks.ts';

/** The operation table: everything the platform does, by the feature that does it. */
export const operations = {
  identity: identityOperations,
  users: userOperations,
  signIn: signInOperations,
  organizations: organizationOperations,
  authorization: authorizationOperations,
  connections: connectionOperations,
  tools: {
    ...toolOperations,
    ...toolCredentialOperations,
    ...toolShapingOperations,
    ...toolDriftOperations,
    ...exposedResourceOperations,
    ...toolFindingOperations,
    ...toolExecutionOperations,
    ...toolUsageOperations,
    ...upstreamToolOperations,
    ...toolProbeOperations,
  },
  toolSets: toolSetOperations,
  prompts: promptOperations,
  upstreams: upstreamOperations,
  packs: packOperations,
  commands: commandOperations,
  agents: agentOperations,
  tasks: taskOperations,
  webhooks: { ...webhookOperations, ...webhookEventOperations },
  automation: ruleOperations,
  notifications: notificationOperations,
  endpoints: endpointOperations,
  deliveries: deliveryOperations,
  knowledge: knowledgeOperations,
  retention: retentionOperations,
  limits: limitOperations,
  policy: policyOperations,
  flags: flagOperations,
  sessions: sessionOperations,
  vault: vaultOperations,
  audit: auditOperations,
  system: systemOperations,
} as const satisfies Record<string, Record<string, Operation>>;

export type Operations = typeof operations;

/** Every operation, in table order. */
export const allOperations: readonly Operation[] = Object.values(operations).flatMap((group) =>
  Object.values<Operation>(group),
);

/** Where every path of the table is mounted. */
export const basePath = '/api/v1';
