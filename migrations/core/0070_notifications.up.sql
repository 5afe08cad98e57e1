-- Notices for people and agents, and who has read them.
create table mcp.notifications (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  title text not null check (length(title) between 1 and 200),
  text text not null default '' check (length(text) <= 4000),
  -- The severities of syslog (RFC 5424), as MCP names them.
  severity text not null
    check (severity in ('debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency')),
  -- Absent: it is meant for everybody in the organization.
  agent_id uuid,
  -- The received webhook that caused it.
  source_event_id uuid,
  created_by text not null,
  trace_id text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references mcp.agent_manifests (tenant_id, id) on delete cascade
);
call mcp.protect('notifications', system_verbs => '{select,delete}', system_jobs => '{retention}');
create index notifications_agent on mcp.notifications (tenant_id, agent_id, id) where agent_id is not null;
create index notifications_age on mcp.notifications (tenant_id, created_at);

-- One mark for each reader and notice. A line drawn through the ids would not do: a notice whose transaction commits late
-- has a lower id than one that was read before, and nobody would ever see it.
create table mcp.notification_reads (
  tenant_id uuid not null,
  -- `key:<id>` or `agent:<id>`.
  reader text not null,
  notification_id uuid not null,
  read_at timestamptz not null default now(),
  primary key (tenant_id, reader, notification_id),
  foreign key (tenant_id, notification_id) references mcp.notifications (tenant_id, id) on delete cascade
);
call mcp.protect('notification_reads');
create index notification_reads_notification on mcp.notification_reads (tenant_id, notification_id);

-- Keys that may make keys of any scope get the new scope: it gives them nothing that they could not have taken.
alter table mcp.api_keys no force row level security;
update mcp.api_keys set scopes = array_append(scopes, 'notifications:write')
where type = 'admin' and scopes @> '{keys:write,tasks:write,webhooks:write}' and not scopes @> '{notifications:write}';
alter table mcp.api_keys force row level security;
