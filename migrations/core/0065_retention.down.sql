alter table mcp.api_keys no force row level security;
update mcp.api_keys set scopes = array_remove(scopes, 'organization:write') where scopes @> '{organization:write}';
alter table mcp.api_keys force row level security;

drop function mcp.drop_partition(text, text);
drop function mcp.expired_partitions(text);
drop function mcp.delete_expired(text, uuid, timestamptz, integer);
drop function mcp.tenants_with_expired(text, uuid, integer);
drop table mcp.retention_settings;
drop function mcp.retention_allows(text, integer);
drop function mcp.growing_tables();
drop function mcp.retention_kinds();
revoke execute on function mcp.partitions_of(text) from devmesh_system;

drop policy system_select on mcp.organizations;
revoke select (id) on mcp.organizations from devmesh_system;
drop policy system_delete on mcp.webhook_dlq;
drop policy system_select on mcp.webhook_dlq;
drop policy system_delete on mcp.webhook_deliveries;
drop policy system_select on mcp.webhook_deliveries;
revoke select, delete on mcp.webhook_deliveries, mcp.webhook_dlq from devmesh_system;
drop index mcp.webhook_events_dead;
drop policy system_delete on mcp.webhook_events;
revoke delete on mcp.webhook_events from devmesh_system;
alter policy system_select on mcp.webhook_events using (current_setting('app.system_job', true) = any ('{sweep}'));

create schema mcp_after;
alter table mcp.organizations no force row level security;

alter table mcp.audit_log set schema mcp_after;
alter table mcp_after.audit_log no force row level security;
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
-- What outlived its organization could not be here.
insert into mcp.audit_log
select tenant_id, id, at, actor, action, subject, outcome, detail, trace_id from mcp_after.audit_log
where exists (select from mcp.organizations where organizations.id = audit_log.tenant_id);
call mcp.protect('audit_log');
-- Append-only for everyone who is not a migration.
revoke update, delete on mcp.audit_log from devmesh_app;
create index audit_log_trace on mcp.audit_log (tenant_id, trace_id);

alter table mcp.mesh_events set schema mcp_after;
alter table mcp_after.mesh_events no force row level security;
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
do $$
declare
  latest bigint;
begin
  select max(seq) into latest from mcp_after.mesh_events;
  execute format('alter table mcp.mesh_events alter column seq restart with %s', coalesce(latest, 0) + 1);
end
$$;
insert into mcp.mesh_events (tenant_id, xid, seq, type, subject_id, agent_id, summary, data, trace_id, at)
overriding system value
select tenant_id, xid, seq, type, subject_id, agent_id, summary, data, trace_id, at from mcp_after.mesh_events
where exists (select from mcp.organizations where organizations.id = mesh_events.tenant_id);
call mcp.protect('mesh_events', system_verbs => '{select,delete}', system_jobs => '{sweep}');
create index mesh_events_age on mcp.mesh_events (at);

alter table mcp.organizations force row level security;
drop table mcp_after.audit_log;
drop table mcp_after.mesh_events;
drop schema mcp_after;
