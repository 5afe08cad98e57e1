type Jobs = readonly string[];

/** What is opened across tenants on one table: for each verb the jobs that may, and the columns where not all of them. */
export interface SystemAccess {
  readonly select?: Jobs;
  readonly insert?: Jobs;
  readonly update?: Jobs;
  readonly delete?: Jobs;
  /** The only columns that may be read; absent for all. */
  readonly columns?: readonly string[];
}

/** Every look across tenants that has been decided on; whatever the database allows beyond it fails the proof. */
export const systemAccess: Readonly<Record<string, SystemAccess>> = {
  agent_registrations: { select: ['sweep'], columns: ['beat_at', 'tenant_id'] },
  api_keys: { select: ['authenticate'], update: ['authenticate'] },
  audit_log: { select: ['retention'], delete: ['retention'] },
  endpoint_deliveries: {
    select: ['deliver', 'retention'],
    delete: ['retention'],
    columns: ['created_at', 'endpoint_id', 'lease_until', 'next_attempt_at', 'status', 'tenant_id'],
  },
  github_repositories: { select: ['sweep'], update: ['sweep'] },
  idempotency_keys: { select: ['sweep'], delete: ['sweep'] },
  mesh_events: { select: ['retention', 'deliver'], delete: ['retention'] },
  notifications: { select: ['retention'], delete: ['retention'] },
  organizations: { select: ['retention', 'authenticate'], columns: ['deleting_at', 'id', 'settings', 'slug'] },
  retention_settings: { select: ['retention'] },
  sign_ins: { select: ['sweep'], delete: ['sweep'] },
  stream_deliveries: { select: ['stream'], insert: ['stream'], update: ['stream'], delete: ['stream'] },
  stream_entries: { select: ['stream'], insert: ['stream'], delete: ['stream'] },
  stream_groups: { select: ['stream'], insert: ['stream'] },
  tasks: { select: ['sweep'], columns: ['lease_expires_at', 'status', 'tenant_id'] },
  users: { select: ['authenticate'], columns: ['email', 'id', 'name', 'role', 'status', 'tenant_id'] },
  webhook_deliveries: { select: ['retention'], delete: ['retention'] },
  webhook_dlq: { select: ['retention'], delete: ['retention'] },
  webhook_endpoints: {
    select: ['deliver', 'retention'],
    columns: ['enabled', 'id', 'open_until', 'position_seq', 'position_xid', 'tenant_id'],
  },
  webhook_events: { select: ['sweep', 'retention'], update: ['sweep'], delete: ['retention'] },
  webhook_replays: { select: ['sweep'] },
  webhook_sources: { select: ['webhook-receive'] },
};
