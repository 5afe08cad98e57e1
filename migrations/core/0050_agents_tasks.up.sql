-- Agents, what they can do, which of their sessions are open, and the tasks they work on.
create table mcp.agent_manifests (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  description text not null default '',
  maximum_tasks integer not null check (maximum_tasks between 1 and 100),
  -- Changed only together with a task's assignment, so that one guarded update of this row admits or refuses a task.
  running_tasks integer not null default 0 check (running_tasks >= 0),
  -- When it last got or gave back a task.
  worked_at timestamptz,
  -- When its latest closed session was last heard of.
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
call mcp.protect('agent_manifests');

create table mcp.agent_capabilities (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  agent_id uuid not null,
  capability text not null check (length(capability) between 1 and 64),
  primary key (tenant_id, agent_id, capability),
  foreign key (tenant_id, agent_id) references mcp.agent_manifests (tenant_id, id) on delete cascade
);
call mcp.protect('agent_capabilities');
create index agent_capabilities_capability on mcp.agent_capabilities (tenant_id, capability);

-- One row per open session; the agent is online while one of them beat lately.
create table mcp.agent_registrations (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  agent_id uuid not null,
  session_id text not null check (length(session_id) between 1 and 200),
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  primary key (tenant_id, agent_id, session_id),
  foreign key (tenant_id, agent_id) references mcp.agent_manifests (tenant_id, id) on delete cascade
);
call mcp.protect('agent_registrations');
create index agent_registrations_age on mcp.agent_registrations (tenant_id, beat_at);

create table mcp.tasks (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  title text not null check (length(title) between 1 and 300),
  description text not null default '',
  capability text not null check (length(capability) between 1 and 64),
  priority integer not null check (priority between 0 and 9),
  input jsonb not null default '{}',
  status text not null default 'pending' check (status in ('pending', 'assigned', 'completed', 'failed')),
  -- Who has it, or had it last.
  agent_id uuid,
  fence bigint not null default 0 check (fence >= 0),
  attempts integer not null default 0 check (attempts >= 0),
  lease_expires_at timestamptz check ((lease_expires_at is not null) = (status = 'assigned')),
  result jsonb,
  error text,
  source text not null check (source in ('api', 'webhook')),
  -- W3C trace context of the work that created it, so that later assignments belong to the same trace.
  traceparent text,
  created_at timestamptz not null default now(),
  finished_at timestamptz check ((finished_at is not null) = (status in ('completed', 'failed'))),
  primary key (tenant_id, id),
  foreign key (tenant_id, agent_id) references mcp.agent_manifests (tenant_id, id),
  check (agent_id is not null or status in ('pending', 'failed'))
);
call mcp.protect('tasks');
create index tasks_pending on mcp.tasks (tenant_id, priority desc, created_at, id) where status = 'pending';
create index tasks_leases on mcp.tasks (tenant_id, lease_expires_at) where status = 'assigned';
create index tasks_agent on mcp.tasks (tenant_id, agent_id, id);

-- The sweep looks across tenants only to find out whose work is due; it sees nothing else of a row.
grant select (tenant_id, beat_at) on mcp.agent_registrations to devmesh_system;
create policy system_select on mcp.agent_registrations for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
grant select (tenant_id, status, lease_expires_at) on mcp.tasks to devmesh_system;
create policy system_select on mcp.tasks for select to devmesh_system
  using (current_setting('app.system_job', true) = 'sweep');
