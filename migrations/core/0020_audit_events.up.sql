-- The audit trail and the feed of what happens.
create table mcp.audit_log (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  outcome text not null check (outcome in ('allowed', 'denied', 'failed')),
  detail jsonb not null default '{}',
  trace_id text,
  primary key (tenant_id, id)
);
call mcp.protect('audit_log');
-- Append-only for everyone who is not a migration.
revoke update, delete on mcp.audit_log from devmesh_app;
create index audit_log_trace on mcp.audit_log (tenant_id, trace_id);

create table mcp.mesh_events (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  -- Readers sort by the inserting transaction: a lower one can then no longer appear behind them.
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  type text not null,
  subject_id text not null,
  agent_id uuid,
  summary text not null,
  data jsonb not null default '{}',
  trace_id text,
  at timestamptz not null default now(),
  primary key (tenant_id, xid, seq)
);
call mcp.protect('mesh_events', system_verbs => '{select,delete}', system_jobs => '{sweep}');
create index mesh_events_age on mcp.mesh_events (at);
