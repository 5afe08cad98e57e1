-- How services answered to checks, newest kept, and what their stored credentials may do.
create table mcp.tool_health (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  id uuid not null,
  status text not null check (status in ('ok', 'failed', 'unauthorized', 'unknown')),
  -- Null where nothing was asked.
  latency_milliseconds integer check (latency_milliseconds >= 0),
  http_status integer,
  reason text check (length(reason) between 1 and 500),
  checked_at timestamptz not null default now(),
  primary key (tenant_id, tool_id, id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
create index tool_health_by_time on mcp.tool_health (tenant_id, tool_id, checked_at desc, id desc);
call mcp.protect('tool_health');

-- When a service is looked at next, and what the last look at its credential told. A service without a row is due.
create table mcp.tool_probes (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  due_at timestamptz not null default now(),
  permissions_due_at timestamptz not null default now(),
  permissions_checked_at timestamptz,
  permissions_status text check (permissions_status in ('known', 'unknown', 'failed')),
  -- Why nothing is known, for people.
  permissions_reason text check (length(permissions_reason) between 1 and 500),
  -- Whoever looks holds the lease; what a holder of an earlier fence brings is refused.
  fence bigint not null default 0,
  leased_until timestamptz,
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
call mcp.protect('tool_probes');

-- The sweep looks across tenants only to find out where something is due; it sees nothing else of a row.
grant select (tenant_id, tool_id, due_at, permissions_due_at, leased_until) on mcp.tool_probes to devmesh_system;
create policy system_select on mcp.tool_probes for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
grant select (tenant_id, id, kind) on mcp.tool_configurations to devmesh_system;
create policy system_select on mcp.tool_configurations for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
