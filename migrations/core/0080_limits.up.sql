-- How much an organization allows itself, its agents, its tools and the creation of tasks by capability.
create table mcp.limits (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  scope text not null check (scope in ('tenant', 'agent', 'capability', 'tool')),
  -- The id of an agent, the name of a capability or a tool, or `*`: each one by itself.
  subject text not null check (length(subject) between 1 and 64 and (scope <> 'tenant' or subject = '*')),
  maximum integer not null check (maximum between 1 and 1000000),
  window_seconds integer not null check (window_seconds between 1 and 86400),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, scope, subject)
);
call mcp.protect('limits');
