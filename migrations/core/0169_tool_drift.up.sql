-- When a service is looked at again, and how the last look ended.
create table mcp.tool_refreshes (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  -- 0: only when somebody asks.
  interval_minutes integer not null default 360 check (interval_minutes between 0 and 43200),
  -- How long breaking changes wait.
  grace_hours integer not null default 168 check (grace_hours between 0 and 8760),
  -- Null: never by itself.
  next_at timestamptz,
  etag text check (length(etag) <= 1000),
  last_modified text check (length(last_modified) <= 200),
  checked_at timestamptz,
  outcome text check (outcome in ('unchanged', 'applied', 'waiting', 'failed')),
  reason text check (length(reason) <= 1000),
  -- In a row.
  failures integer not null default 0 check (failures >= 0),
  -- Whoever looks holds the lease; what a holder of an earlier fence brings is refused.
  fence bigint not null default 0,
  leased_until timestamptz,
  primary key (tenant_id, tool_id),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade
);
call mcp.protect('tool_refreshes');
create index tool_refreshes_due on mcp.tool_refreshes (next_at) where next_at is not null;

-- Definitions that a service offers and calls do not use yet: one for each key at most.
create table mcp.tool_drift (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  tool_id uuid not null,
  key text collate "C" not null check (length(key) between 1 and 4000),
  name text not null,
  change text not null check (change in ('added', 'changed', 'removed')),
  kind text not null check (kind in ('breaking', 'held')),
  status text not null default 'waiting' check (status in ('waiting', 'rejected')),
  findings jsonb not null check (jsonb_typeof(findings) = 'array'),
  -- What is offered; null where the service offers it no more.
  definition jsonb,
  pin text check (pin ~ '^[0-9a-f]{64}$'),
  noticed_at timestamptz not null default now(),
  -- Null: only when somebody accepts it.
  applies_at timestamptz,
  primary key (tenant_id, tool_id, key),
  foreign key (tenant_id, tool_id) references mcp.tool_configurations (tenant_id, id) on delete cascade,
  check ((change = 'removed') = (definition is null) and (change = 'removed') = (pin is null)),
  check (kind = 'breaking' or applies_at is null)
);
call mcp.protect('tool_drift');
create index tool_drift_due on mcp.tool_drift (applies_at) where applies_at is not null and status = 'waiting';

-- The sweep looks across tenants only to find out where something is due; it sees nothing else of a row.
grant select (tenant_id, tool_id, next_at, leased_until) on mcp.tool_refreshes to devmesh_system;
create policy system_select on mcp.tool_refreshes for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
grant select (tenant_id, tool_id, status, applies_at) on mcp.tool_drift to devmesh_system;
create policy system_select on mcp.tool_drift for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
