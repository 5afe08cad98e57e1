/** Which table a field's ids come from, where its name does not say so; `operation field` counts before the field alone. */
const tables: Readonly<Record<string, string>> = {
  agentId: 'agent_manifests',
  agent: 'agent_manifests',
  capabilityAgentId: 'agent_manifests',
  keyId: 'api_keys',
  sourceId: 'webhook_sources',
  eventId: 'webhook_events',
  eventIds: 'webhook_events',
  replayId: 'webhook_replays',
  deadLetterId: 'webhook_dlq',
  endpointId: 'webhook_endpoints',
  deliveryId: 'endpoint_deliveries',
  toolId: 'tool_configurations',
  resultId: 'tool_results',
  repositoryId: 'github_repositories',
  ruleId: 'routing_rules',
  ruleIds: 'routing_rules',
  sessionId: 'sessions',
  sessionIds: 'sessions',
  runId: 'command_runs',
  organizationId: 'organizations',
  'notifications.markRead ids': 'notifications',
  'connections.updateProvider providerId': 'oauth_providers',
  'connections.removeProvider providerId': 'oauth_providers',
  entryId: 'audit_log',
  tenant_id: 'organizations',
  'tools.call name': 'tool_operations',
  'tools.describe name': 'tool_operations',
  'tools.pin name': 'tool_operations',
  'tools.unpin name': 'tool_operations',
  // The only template of a resource that names a thing by its id.
  'resource id': 'tool_results',
};

/** The table whose ids a field takes: as named here, or the one whose name is the field's noun in the plural. */
export function tableOf(operation: string, field: string, known: Iterable<string>): string | undefined {
  const named = tables[`${operation} ${field}`] ?? tables[field];
  if (named !== undefined) return named;
  const plural = pluralOf(field);
  const all = [...known];
  return all.find((table) => table === plural) ?? all.find((table) => table.endsWith(`_${plural}`));
}

/** What the ids of a field are called where nobody knows of tables. */
export function kindOf(operation: string, field: string): string {
  return tables[`${operation} ${field}`] ?? tables[field] ?? pluralOf(field);
}

function pluralOf(field: string): string {
  const noun = field.replace(/Ids?$/u, '').replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
