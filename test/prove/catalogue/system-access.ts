type Jobs = readonly string[];

/** What is opened across tenants on one table: for each verb the jobs that may, and the columns where not all of them. */
export interface SystemAccess {
  readonly select?: Jobs;
  readonly insert?: Jobs;
  readonly update?: Jobs;
  readonly delete?: Jobs;
  /** The only columns that may be read; absent for all. */
  readonly columns?: readonly string[];
  /** The only columns that may be updated; absent for all. */
  readonly updates?: readonly string[];
}

/** Functions that stand in policies for a job and more: each asks for its job before anything else. */
export const jobFunctions: Readonly<Record<string, string>> = {
  'mcp.is_to_be_erased(tenant_id)': 'delete-organization',
};

/** Jobs that see rows under conditions of their own besides: of one organization, or of a certain state. */
export const narrowJobs: ReadonlySet<string> = new Set(['delete-organization']);

/** Every look across tenants that has been decided on; whatever the database allows beyond it fails the proof. */
export const systemAccess: Readonly<Record<string, SystemAccess>> = {
  agent_registrations: { select: ['sweep'], columns: ['beat_at', 'tenant_id'] },
  api_keys: { select: ['authenticate'], update: ['authenticate'] },
  audit_bodies: { select: ['delete-organization', 'retention'], delete: ['delete-organization', 'retention'] },
  audit_chain: {
    select: ['audit-seal', 'delete-organization', 'retention'],
    insert: ['audit-seal'],
    delete: ['delete-organization', 'retention'],
  },
  audit_checkpoints: {
    select: ['audit-seal', 'delete-organization', 'retention'],
    delete: ['delete-organization', 'retention'],
  },
  audit_keys: { select: ['delete-organization'], delete: ['delete-organization'] },
  audit_log: {
    select: ['audit-seal', 'delete-organization', 'retention'],
    delete: ['delete-organization', 'retention'],
  },
  audit_positions: {
    select: ['audit-seal', 'delete-organization'],
    insert: ['audit-seal'],
    update: ['audit-seal'],
    delete: ['delete-organization'],
  },
  endpoint_deliveries: {
    select: ['deliver', 'retention'],
    delete: ['retention'],
    columns: ['created_at', 'endpoint_id', 'lease_until', 'next_attempt_at', 'status', 'tenant_id'],
  },
  github_repositories: { select: ['sweep'], update: ['sweep'] },
  idempotency_keys: { select: ['sweep'], delete: ['sweep'] },
  invitations: { select: ['authenticate'], columns: ['tenant_id', 'token_hash'] },
  mesh_events: { select: ['deliver', 'retention'], delete: ['retention'] },
  notifications: { select: ['retention'], delete: ['retention'] },
  organizations: {
    select: ['audit-seal', 'authenticate', 'delete-organization', 'retention'],
    columns: ['deleting_at', 'id', 'settings', 'slug'],
  },
  retention_settings: { select: ['retention'] },
  sign_ins: { select: ['sweep'], delete: ['sweep'] },
  stream_deliveries: {
    select: ['delete-organization', 'stream'],
    insert: ['stream'],
    update: ['stream'],
    delete: ['delete-organization', 'stream'],
  },
  stream_entries: {
    select: ['delete-organization', 'stream'],
    insert: ['stream'],
    delete: ['delete-organization', 'stream'],
  },
  stream_groups: { select: ['delete-organization', 'stream'], insert: ['stream'], delete: ['delete-organization'] },
  tasks: { select: ['sweep'], columns: ['lease_expires_at', 'status', 'tenant_id'] },
  tenant_keys: { select: ['vault'], update: ['vault'], updates: ['wrapped'] },
  tool_drift: { select: ['sweep'], columns: ['applies_at', 'status', 'tenant_id', 'tool_id'] },
  tool_refreshes: { select: ['sweep'], columns: ['leased_until', 'next_at', 'tenant_id', 'tool_id'] },
  tool_results: { select: ['sweep'], delete: ['sweep'] },
  tombstones: { select: ['delete-organization'] },
  tool_configurations: { select: ['sweep'], columns: ['id', 'kind', 'tenant_id'] },
  tool_probes: { select: ['sweep'], columns: ['due_at', 'leased_until', 'permissions_due_at', 'tenant_id', 'tool_id'] },
  upstream_servers: { select: ['sweep'], columns: ['leased_until', 'next_look_at', 'tenant_id', 'tool_id'] },
  users: { select: ['authenticate'], columns: ['email', 'id', 'name', 'role', 'status', 'tenant_id'] },
  tool_search_state: { select: ['sweep'], update: ['sweep'] },
  webhook_deliveries: { select: ['retention'], delete: ['retention'] },
  webhook_dlq: { select: ['retention'], delete: ['retention'] },
  webhook_endpoints: {
    select: ['deliver', 'retention'],
    columns: ['enabled', 'id', 'open_until', 'position_seq', 'position_xid', 'tenant_id'],
  },
  webhook_events: { select: ['retention', 'sweep'], update: ['sweep'], delete: ['retention'] },
  webhook_replays: { select: ['sweep'] },
  webhook_sources: { select: ['webhook-receive'] },
};
